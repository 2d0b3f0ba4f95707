# CoDA's marks for bash 4.4 and newer: where commands begin and end, with which status, in which directory.
# The daemon starts an interactive bash with this file in place of ~/.bashrc (`--rcfile`), or as $ENV of a login
# shell in POSIX mode. It does what bash would have done, then adds its hooks. No variable of it is exported, so
# a shell inside this one knows nothing of it. See docs/shell-integration.md.
# coda_version=1

__coda_nonce=${CODA_SHELL_NONCE-}
unset CODA_SHELL_NONCE

# ---- hooks: defined before the user's files, so that no alias of theirs gets in -------------------

# Sets __coda_encoded to $1 with everything percent-encoded that could end a sequence. Bytes, not characters.
__coda_encode() {
  local LC_ALL=C text=$1 out='' char code
  local -i at
  text=${text//'%'/%25}
  text=${text//';'/%3B}
  if [[ $text != *[!\ -~]* ]]; then
    __coda_encoded=$text
    builtin return 0
  fi
  for ((at = 0; at < ${#text}; at++)); do
    char=${text:at:1}
    case $char in
      [\ -~]) out+=$char ;;
      *)
        builtin printf -v code '%d' "'$char"
        builtin printf -v code '%%%02X' "$((code & 255))"
        out+=$code
        ;;
    esac
  done
  __coda_encoded=$out
}

# The newest line of the history with its number, as a subshell prints it.
__coda_newest() {
  HISTTIMEFORMAT='' builtin history 1 2>/dev/null || :
}

# Runs in PS0, in a subshell: a command begins. What the history was told not to keep is not told here either.
__coda_begin() {
  local newest text mark=''
  newest=$(__coda_newest)
  text=${newest#"${newest%%[![:space:]]*}"}
  text=${text#"${text%%[!0-9]*}"}
  text=${text#[* ]}
  text=${text#"${text%%[![:space:]]*}"}
  # The same line again: either typed twice, or not kept. The screen tells which.
  [[ $newest != "$__coda_last" ]] || mark=';repeated=1'
  local LC_ALL=C
  ((${#text} <= 2048)) || text=${text:0:2048}…
  __coda_encode "$text"
  [[ -z $text ]] || mark+=";cmdline_url=$__coda_encoded"
  builtin printf '\e]133;C%s;coda=%s\a' "$mark" "$__coda_nonce"
}

# First at every prompt: a command has ended, with this status or that of $?, which stays what it is.
__coda_first() {
  local -i status=${1-$?}
  __coda_seen=1
  if ((__coda_ran)); then
    __coda_ran=0
    builtin printf '\e]133;D;%d;coda=%s\a' "$status" "$__coda_nonce"
  fi
  [[ . -ef $PWD ]] || __coda_stale
  if [[ $PWD != "$__coda_pwd" ]]; then
    __coda_pwd=$PWD
    __coda_encode "$PWD"
    __coda_url=$__coda_encoded
  fi
  builtin printf '\e]7;file://%s%s\a\e]133;A;coda=%s\a' "${HOSTNAME-}" "$__coda_url" "$__coda_nonce"
  __coda_last=$(__coda_newest)
  builtin return "$status"
}

# Last at every prompt: whatever set the prompt has done so. Where somebody replaced PROMPT_COMMAND it is all there is.
__coda_final() {
  local -i status=$?
  ((__coda_seen)) || __coda_first "$status" || :
  __coda_seen=0
  local end='\[\e]133;B\a\]' begin='${__coda_nil:$((__coda_ran=1)):0}$(__coda_begin)'
  [[ ${PS1-} == *"$end"* ]] || PS1=${PS1-}$end
  # In a child that inherits PS0 there is no __coda_nil.
  begin='${__coda_nil+'$begin'}'
  if builtin shopt -q promptvars; then
    [[ ${PS0-} == *"$begin"* ]] || PS0=${PS0-}$begin
  elif [[ ${PS0-} == *"$begin"* ]]; then
    PS0=${PS0//"$begin"/}
  fi
  builtin return 0
}

# The directory was replaced (a clone made anew), renamed or deleted.
__coda_stale() {
  local gone=$PWD dir=$PWD old=${OLDPWD-}
  if [[ -d $gone ]]; then
    builtin cd -- "$gone" 2>/dev/null && OLDPWD=$old
    builtin return 0
  fi
  dir=$(builtin pwd -P 2>/dev/null) || dir=''
  if [[ -n $dir && . -ef $dir ]]; then
    builtin cd -- "$dir" 2>/dev/null || :
    builtin return 0
  fi
  dir=$gone
  while [[ -n $dir && ! -d $dir ]]; do dir=${dir%/*}; done
  builtin cd -- "${dir:-/}" 2>/dev/null && builtin printf 'coda: %s is gone; now in %s\n' "$gone" "$PWD" >&2
  builtin return 0
}

# Whether the variable $1 has the attribute $2.
__coda_is() {
  local attributes
  attributes=$(declare -p "$1" 2>/dev/null) || :
  attributes=${attributes#declare -}
  [[ ${attributes%% *} == *"$2"* ]]
}

# Puts the hooks around the user's own, which stay what they are. A list with `&&` neither ends a shell with
# `set -e` nor fires a trap on ERR; the names are variables, so that a child that inherits this finds nothing.
__coda_hook() {
  local first='"${__coda_first-:}" && :' final='"${__coda_final-:}"'
  local -i version=BASH_VERSINFO[0]*100+BASH_VERSINFO[1]
  ((version >= 404)) || builtin return 0
  if __coda_is PROMPT_COMMAND r || __coda_is PS0 r || __coda_is PS1 r; then builtin return 0; fi
  __coda_first=__coda_first __coda_final=__coda_final __coda_nil=''
  __coda_ran=0 __coda_seen=0 __coda_last='' __coda_pwd='' __coda_url='' __coda_encoded=''
  if [[ -n ${bash_preexec_imported-}${__bp_imported-} ]]; then
    # Anything else in PROMPT_COMMAND would be taken for a command.
    precmd_functions=(__coda_first ${precmd_functions[@]+"${precmd_functions[@]}"} __coda_final)
  elif __coda_is PROMPT_COMMAND a; then
    PROMPT_COMMAND=("$first" "${PROMPT_COMMAND[@]}" "$final")
  elif ((version >= 501)) && ! __coda_is PROMPT_COMMAND x; then
    # Whoever sets the string later sets the first element.
    PROMPT_COMMAND=("$first${PROMPT_COMMAND:+$'\n'$PROMPT_COMMAND}" "$final")
  else
    PROMPT_COMMAND=$first${PROMPT_COMMAND:+$'\n'$PROMPT_COMMAND}$'\n'$final
  fi
}

# ---- what bash would have read -------------------------------------------------------------------

if [[ -n ${CODA_BASH_LOGIN-} ]]; then
  # POSIX mode was only the way in; some of what it sets stays when it is left.
  set +o posix
  shopt -u inherit_errexit 2>/dev/null
  unset CODA_BASH_LOGIN ENV POSIXLY_CORRECT
  [[ ${HISTFILE-} != "$HOME/.sh_history" ]] || HISTFILE=$HOME/.bash_history
  [[ ! -r /etc/profile ]] || . /etc/profile
  for __coda_file in ~/.bash_profile ~/.bash_login ~/.profile; do
    if [[ -r $__coda_file ]]; then
      . "$__coda_file"
      break
    fi
  done
  unset __coda_file
elif [[ -r ~/.bashrc ]]; then
  # /etc/bash.bashrc, where there is one, bash has read already.
  . ~/.bashrc
fi
__coda_hook
