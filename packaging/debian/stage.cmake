# Run by cpack between install and package: adapts the installed tree to Debian's policy.
set(share ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share)
set(doc ${share}/doc/initsweep)

# Times inside the package are those of the changelog, so that the same sources give the same bytes
if(NOT DEFINED ENV{SOURCE_DATE_EPOCH})
  execute_process(COMMAND dpkg-parsechangelog -l ${CPACK_INITSWEEP_DEBIAN}/changelog -S Timestamp
    OUTPUT_VARIABLE epoch OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  set(ENV{SOURCE_DATE_EPOCH} ${epoch})
endif()

file(REMOVE ${doc}/LICENSE) # copyright has it
file(COPY ${CPACK_INITSWEEP_DEBIAN}/copyright DESTINATION ${doc})
file(RENAME ${doc}/CHANGELOG.md ${doc}/changelog)
file(COPY_FILE ${CPACK_INITSWEEP_DEBIAN}/changelog ${doc}/changelog.Debian)
file(MAKE_DIRECTORY ${share}/lintian/overrides)
file(COPY_FILE ${CPACK_INITSWEEP_DEBIAN}/lintian-overrides ${share}/lintian/overrides/initsweep)
file(GLOB compress ${share}/man/man1/*.1 ${doc}/changelog ${doc}/changelog.Debian)
execute_process(COMMAND gzip -9 -n -f ${compress} COMMAND_ERROR_IS_FATAL ANY)
file(RENAME ${share}/zsh/site-functions ${share}/zsh/vendor-completions) # the folder that Debian's zsh reads

execute_process(COMMAND find ${CPACK_TEMPORARY_INSTALL_DIRECTORY} -exec chmod u=rwX,go=rX {} +
  -exec touch -h -d @$ENV{SOURCE_DATE_EPOCH} {} + COMMAND_ERROR_IS_FATAL ANY)
