// Includes one header of the house: which one, and with which target's include directories, says CMakeLists.txt.
#include PGW_HEADER
