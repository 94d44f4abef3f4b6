"""Will a flight arrive late?"""
