# What `cmake --install` puts where, beside the manual pages and completions of words.cmake. Nothing installed knows its prefix:
# a tree may be moved.
include(CMakePackageConfigHelpers)
set(install_data ${CMAKE_INSTALL_DATADIR}/initsweep)
set(install_scripts ${install_data}/scripts)
set(install_cmake ${CMAKE_INSTALL_DATADIR}/cmake/initsweep)

install(TARGETS initsweep EXPORT initsweepTargets RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY data/ DESTINATION ${install_data})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES README.md CHANGELOG.md LICENSE CITATION.cff DESTINATION ${CMAKE_INSTALL_DOCDIR})
# the library stands beside the scripts: Python finds it there from any prefix
install(PROGRAMS scripts/plot.py scripts/report.py scripts/results_hash.py scripts/table.py DESTINATION ${install_scripts})
install(DIRECTORY scripts/initsweep scripts/notebooks DESTINATION ${install_scripts} USE_SOURCE_PERMISSIONS
        PATTERN __pycache__ EXCLUDE PATTERN .ipynb_checkpoints EXCLUDE)
foreach(system slurm pbs lsf)
  file(GLOB batch_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/scripts/${system}/*)
  install(PROGRAMS ${batch_files} DESTINATION ${install_scripts}/${system})
endforeach()

configure_package_config_file(packaging/initsweepConfig.cmake.in ${PROJECT_BINARY_DIR}/packaging/initsweepConfig.cmake
  INSTALL_DESTINATION ${install_cmake} PATH_VARS install_data install_scripts)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/packaging/initsweepConfigVersion.cmake
  COMPATIBILITY SameMajorVersion ARCH_INDEPENDENT)
install(FILES ${PROJECT_BINARY_DIR}/packaging/initsweepConfig.cmake ${PROJECT_BINARY_DIR}/packaging/initsweepConfigVersion.cmake
  DESTINATION ${install_cmake})
install(EXPORT initsweepTargets NAMESPACE initsweep:: DESTINATION ${install_cmake})
configure_file(packaging/initsweep.pc.in ${PROJECT_BINARY_DIR}/packaging/initsweep.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/packaging/initsweep.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig)

configure_file(packaging/modules/initsweep.tcl.in ${PROJECT_BINARY_DIR}/packaging/modulefile @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/packaging/modulefile DESTINATION ${install_data}/modulefiles/initsweep
  RENAME ${PROJECT_VERSION})

# a program of the build folder finds the data as an installed one does: in share/initsweep above it
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/share)
file(CREATE_LINK ${PROJECT_SOURCE_DIR}/data ${PROJECT_BINARY_DIR}/share/initsweep SYMBOLIC)
