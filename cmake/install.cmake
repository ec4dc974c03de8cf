# What `cmake --install` puts where, beside the manual pages and completions of words.cmake. Nothing installed knows its
# prefix: a tree may be moved. Each part is a component, for whoever splits it into packages.
include(CMakePackageConfigHelpers)
set(install_data ${CMAKE_INSTALL_DATADIR}/initsweep)
set(install_scripts ${install_data}/scripts)
set(install_cmake ${CMAKE_INSTALL_DATADIR}/cmake/initsweep)

set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME program)
install(TARGETS initsweep EXPORT initsweepTargets RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME data)
install(DIRECTORY data/ DESTINATION ${install_data})

set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME documentation)
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES README.md CHANGELOG.md LICENSE packaging/debian/copyright CITATION.cff
        DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME scripts)
# the library stands beside the scripts: Python finds it there from any prefix
install(PROGRAMS scripts/plot.py scripts/report.py scripts/results_hash.py scripts/table.py scripts/mpi_settings.sh
        DESTINATION ${install_scripts})
install(DIRECTORY scripts/initsweep scripts/claims scripts/papers scripts/notebooks DESTINATION ${install_scripts}
        PATTERN __pycache__ EXCLUDE PATTERN .ipynb_checkpoints EXCLUDE PATTERN execute.py EXCLUDE)
install(PROGRAMS scripts/notebooks/execute.py DESTINATION ${install_scripts}/notebooks)
# the library's commands, beside the program, which runs them as subcommands
set(bin ${CMAKE_INSTALL_FULL_BINDIR})
set(library ${CMAKE_INSTALL_FULL_DATADIR}/initsweep/scripts)
cmake_path(RELATIVE_PATH library BASE_DIRECTORY ${bin} OUTPUT_VARIABLE bin_to_library)
foreach(command IN LISTS INITSWEEP_PYTHON_COMMANDS)
  configure_file(packaging/command.py.in ${PROJECT_BINARY_DIR}/packaging/initsweep-${command} @ONLY)
  install(PROGRAMS ${PROJECT_BINARY_DIR}/packaging/initsweep-${command} DESTINATION ${CMAKE_INSTALL_BINDIR})
endforeach()
foreach(system slurm pbs lsf)
  file(GLOB batch_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/scripts/${system}/*)
  install(PROGRAMS ${batch_files} DESTINATION ${install_scripts}/${system})
endforeach()

if(NOT INITSWEEP_PYTHON STREQUAL /usr/bin/python3) # that the scripts name in their first line
  install(CODE "set(folder ${install_scripts})
    set(python ${INITSWEEP_PYTHON})" COMPONENT scripts)
  install(SCRIPT cmake/python_of_scripts.cmake COMPONENT scripts)
endif()

set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME development)
configure_package_config_file(packaging/initsweepConfig.cmake.in ${PROJECT_BINARY_DIR}/packaging/initsweepConfig.cmake
  INSTALL_DESTINATION ${install_cmake} PATH_VARS install_data install_scripts)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/packaging/initsweepConfigVersion.cmake
  COMPATIBILITY SameMajorVersion ARCH_INDEPENDENT)
install(FILES ${PROJECT_BINARY_DIR}/packaging/initsweepConfig.cmake
              ${PROJECT_BINARY_DIR}/packaging/initsweepConfigVersion.cmake
  DESTINATION ${install_cmake})
install(EXPORT initsweepTargets NAMESPACE initsweep:: DESTINATION ${install_cmake})

# The ways from share/ to its neighbours, which an installer may have put elsewhere
foreach(place PREFIX BINDIR MANDIR)
  set(full "${CMAKE_INSTALL_FULL_${place}}")
  if(place STREQUAL PREFIX)
    set(full ${CMAKE_INSTALL_PREFIX})
  endif()
  cmake_path(RELATIVE_PATH full BASE_DIRECTORY ${CMAKE_INSTALL_FULL_DATADIR} OUTPUT_VARIABLE share_to_${place})
endforeach()
configure_file(packaging/initsweep.pc.in ${PROJECT_BINARY_DIR}/packaging/initsweep.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/packaging/initsweep.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig)

set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME module)
configure_file(packaging/modules/initsweep.tcl.in ${PROJECT_BINARY_DIR}/packaging/modulefile @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/packaging/modulefile DESTINATION ${install_data}/modulefiles/initsweep
  RENAME ${PROJECT_VERSION})

# a program of the build folder finds the data as an installed one does: in share/initsweep above it
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/share)
file(CREATE_LINK ${PROJECT_SOURCE_DIR}/data ${PROJECT_BINARY_DIR}/share/initsweep SYMBOLIC)
