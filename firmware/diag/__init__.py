"""Is every sensor of this unit alive?"""
