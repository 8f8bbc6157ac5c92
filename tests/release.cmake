# Configures and builds, with CMake's own flags for Release (-O3 -DNDEBUG), what
# the tests release-* run: see CMakeLists.txt. Arguments: SOURCE, BINARY,
# GENERATOR, COMPILER.
foreach(command
	"-S;${SOURCE};-B;${BINARY};-G;${GENERATOR};-DCMAKE_BUILD_TYPE=Release\
;-DCMAKE_C_COMPILER=${COMPILER}"
	"--build;${BINARY};--target;readdress;readdress-milter;unit_tests;decide_shapes")
	execute_process(COMMAND ${CMAKE_COMMAND} ${command} RESULT_VARIABLE failed)
	if(failed)
		message(FATAL_ERROR "the build with -O3 -DNDEBUG failed")
	endif()
endforeach()
