/**
 * The scripts for `knox completion SHELL`. Each asks `knox __complete -- WORD…` with the words up to the one that is typed, and reads lines of
 * CANDIDATE, TAB, DESCRIPTION; a line that begins with a TAB says that files, or programs, fit too. Candidates are data: no shell evaluates one.
 */
import type { SHELLS } from '../domain/choices.ts';

export type Shell = (typeof SHELLS)[number];

/** bash splits words at = : and @ too, and replaces only what comes after the last of them; versions from 3.2 on. */
const BASH = String.raw`# knox completion for bash; in ~/.bashrc: source <(knox completion bash)
_knox() {
  local words cur=\${COMP_WORDS[COMP_CWORD]} prefix='' line text
  if [[ -n \${COMP_LINE-} ]]; then
    read -a words <<<"\${COMP_LINE:0:COMP_POINT}"
    [[ \${COMP_LINE:0:COMP_POINT} == *[[:blank:]] ]] && words+=('')
    words=("\${words[@]:1}")
    local typed=''
    ((\${#words[@]} > 0)) && typed=\${words[\${#words[@]} - 1]}
    if [[ $typed == *[=:@]* ]]; then prefix=\${typed%"\${typed##*[=:@]}"}; fi
  else
    words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  fi
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == $'\t'* ]]; then
      case $line in
        *files) compopt -o filenames 2>/dev/null; while IFS= read -r text; do COMPREPLY+=("$text"); done < <(compgen -f -- "\${cur##*[=:@]}") ;;
        *commands) while IFS= read -r text; do COMPREPLY+=("$text"); done < <(compgen -c -- "$cur") ;;
      esac
    else
      text=\${line%%$'\t'*}
      text=\${text#"$prefix"}
      [[ $text == *[!A-Za-z0-9_./@,:=%+-]* ]] && printf -v text %q "$text"
      COMPREPLY+=("$text")
    fi
  done < <(knox __complete -- "\${words[@]}" 2>/dev/null)
}
complete -F _knox knox
`;

const ZSH = String.raw`#compdef knox
# knox completion for zsh; in ~/.zshrc, after compinit: source <(knox completion zsh)
_knox() {
  local line also='' text about
  local -a typed texts shown
  typed=("\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}")
  while IFS= read -r line; do
    if [[ $line == $'\t'* ]]; then also=\${line#$'\t'}; continue; fi
    text=\${line%%$'\t'*}
    about=\${line#*$'\t'}
    texts+=("$text")
    shown+=("$text\${about:+  -- $about}")
  done < <(knox __complete -- "\${typed[@]}" 2>/dev/null)
  (( $#texts )) && compadd -l -d shown -a texts
  case $also in
    files) compset -P '*='; _files ;;
    commands) _command_names -e ;;
  esac
}
if [[ \${funcstack[1]} == _knox ]]; then _knox "$@"; else compdef _knox knox; fi
`;

const FISH = String.raw`# knox completion for fish; in config.fish: knox completion fish | source
function __knox_complete
    set -l words (commandline -opc)
    set -e words[1]
    set -l current (commandline -ct)
    for line in (knox __complete -- $words "$current" 2>/dev/null)
        switch $line
            case \t'files'
                __fish_complete_path "$current"
            case \t'commands'
                __fish_complete_command
            case '*'
                echo $line
        end
    end
end
complete -c knox -f -a '(__knox_complete)'
`;

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

export function completionScript(shell: Shell): string {
  return SCRIPTS[shell].replaceAll('\\${', () => '${');
}
