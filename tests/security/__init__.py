"""What each of those who could lie can forge, alone and together: one test for each row of the table in SECURITY.md."""
