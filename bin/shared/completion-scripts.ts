/** Shells that can complete allocert's command lines. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** One of {@link SHELLS}. */
export type Shell = (typeof SHELLS)[number];

/** The first word of a command line that asks for completions of the words behind it. */
export const COMPLETION_FLAG = '--complete';

/**
 * What a shell runs once so that it completes command lines. Each asks allocert for words, a line
 * each, with a blank before what is said of them.
 */
export const COMPLETION_SCRIPTS: Readonly<Record<Shell, string>> = {
  // bash takes `:` and `=` for ends of words, so the line is split here, and the part of a word
  // that bash holds for the word before is taken off again.
  bash: `_allocert() {
  local line="\${COMP_LINE:0:COMP_POINT}" current kept word
  local -a words
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  current="\${words[-1]}"
  kept="\${current%"\${current##*[:=]}"}"
  COMPREPLY=()
  while read -r word _; do
    COMPREPLY+=("\${word#"$kept"}")
  done < <(allocert ${COMPLETION_FLAG} "\${words[@]:1}" 2>/dev/null)
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *[:=] ]] && compopt -o nospace
}
complete -o default -F _allocert allocert
`,
  zsh: `#compdef allocert
_allocert() {
  local line word about
  local -a offered
  while read -r word about; do
    offered+=("\${word//:/\\\\:}:$about")
  done < <(allocert ${COMPLETION_FLAG} "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#offered} )); then _describe 'allocert' offered; else _files; fi
}
if [[ "\${zsh_eval_context[-1]}" == loadautofunc ]]; then _allocert "$@"; else compdef _allocert allocert; fi
`,
  fish: `function __allocert_complete
  set -l words (commandline -opc) (commandline -ct)
  allocert ${COMPLETION_FLAG} $words[2..-1] 2>/dev/null | string replace ' ' \\t
end
complete -c allocert -a '(__allocert_complete)'
`,
};
