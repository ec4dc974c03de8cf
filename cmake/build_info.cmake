# The version header that src/console/version.c includes: cmake/version.cmake writes it in every build.
# The flags that decide the arithmetic, without the paths of this machine
string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
get_target_property(room_options isw_options INTERFACE_COMPILE_OPTIONS)
list(FILTER room_options INCLUDE REGEX "^-f[a-z]" )
list(FILTER room_options EXCLUDE REGEX "prefix-map")
list(JOIN room_options " " room_options)
set(flags "${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_${build_type}} ${room_options}")
if(INITSWEEP_SANITIZE)
  string(APPEND flags " -fsanitize=${INITSWEEP_SANITIZE}")
endif()
string(STRIP "${flags}" flags)

set(version_folder ${PROJECT_BINARY_DIR}/generated)
add_custom_target(isw_version
  COMMAND ${CMAKE_COMMAND} -D SOURCE=${PROJECT_SOURCE_DIR} -D OUTPUT=${version_folder}/initsweep_version.h
    -D INITSWEEP_VERSION=${PROJECT_VERSION}
    "-DINITSWEEP_COMPILER=${CMAKE_C_COMPILER_ID} ${CMAKE_C_COMPILER_VERSION} (${CMAKE_SYSTEM_PROCESSOR})"
    "-DINITSWEEP_FLAGS=${flags}"
    -D INITSWEEP_YAML=${YAML_VERSION} -D INITSWEEP_XXHASH=${XXHASH_VERSION}
    -P ${PROJECT_SOURCE_DIR}/cmake/version.cmake
  BYPRODUCTS ${version_folder}/initsweep_version.h
  COMMENT "git description" VERBATIM)
add_dependencies(isw_console isw_version)
target_include_directories(isw_console PRIVATE ${version_folder})
