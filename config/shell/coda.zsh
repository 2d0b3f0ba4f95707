# CoDA's marks for zsh: where commands begin and end, with which status, in which directory. Read by the .zshenv
# beside it before the user's files; nothing here is exported, so a shell inside this one knows nothing of it.
# See docs/shell-integration.md.

typeset -g __coda_nonce=${CODA_SHELL_NONCE-} __coda_pwd='' __coda_url='' __coda_encoded=''
typeset -gi __coda_ran=0

# Sets __coda_encoded to $1 with everything percent-encoded that could end a sequence. Bytes, not characters.
__coda_encode() {
  emulate -L zsh
  setopt no_multibyte
  local LC_ALL=C text=$1 char out=''
  integer at
  text=${text//'%'/%25}
  text=${text//';'/%3B}
  if [[ $text != *[^\ -~]* ]]; then
    __coda_encoded=$text
    return 0
  fi
  for ((at = 1; at <= $#text; at++)); do
    char=$text[at]
    if [[ $char == [\ -~] ]]; then
      out+=$char
    else
      out+=%${(l:2::0:)$(([##16] #char & 255))}
    fi
  done
  __coda_encoded=$out
}

# A command begins. What the history was told not to keep is not told here either.
__coda_preexec() {
  emulate -L zsh -o no_multibyte
  local hides=$1 text=$2 mark=''
  __coda_ran=1
  if ((hides)) && [[ $text == ' '* ]]; then
    text=''
  fi
  if [[ -n $text ]]; then
    (($#text <= 2048)) || text=$text[1,2048]…
    __coda_encode "$text"
    mark=";cmdline_url=$__coda_encoded"
  fi
  builtin printf '\e]133;C%s;coda=%s\a' "$mark" "$__coda_nonce"
}

__coda_on_preexec() {
  if [[ -o hist_ignore_space ]]; then
    __coda_preexec 1 "$1"
  else
    __coda_preexec 0 "$1"
  fi
}

# At every prompt: a command has ended.
__coda_precmd() {
  local -i __coda_status=$?
  __coda_ended $__coda_status
  # Last of all hooks, so that whatever sets the prompt has done so.
  if [[ $precmd_functions[-1] != __coda_precmd ]]; then
    precmd_functions=(${precmd_functions:#__coda_precmd} __coda_precmd)
    preexec_functions=(${preexec_functions:#__coda_on_preexec} __coda_on_preexec)
  fi
  if [[ -o prompt_percent && ${PS1-} != *$'%{\e]133;B\a%}'* ]]; then
    PS1=${PS1-}$'%{\e]133;B\a%}'
  fi
}

__coda_ended() {
  emulate -L zsh
  if ((__coda_ran)); then
    __coda_ran=0
    builtin printf '\e]133;D;%d;coda=%s\a' $1 "$__coda_nonce"
  fi
  [[ . -ef $PWD ]] || __coda_stale
  if [[ $PWD != $__coda_pwd ]]; then
    __coda_pwd=$PWD
    __coda_encode "$PWD"
    __coda_url=$__coda_encoded
  fi
  builtin printf '\e]7;file://%s%s\a\e]133;A;coda=%s\a' "${HOST-}" "$__coda_url" "$__coda_nonce"
}

# The directory was replaced (a clone made anew), renamed or deleted.
__coda_stale() {
  emulate -L zsh
  local gone=$PWD dir old=${OLDPWD-}
  if [[ -d $gone ]]; then
    builtin cd -q -- "$gone" 2>/dev/null && OLDPWD=$old
    return 0
  fi
  dir=$(builtin pwd -P 2>/dev/null) || dir=''
  if [[ -n $dir && . -ef $dir ]]; then
    builtin cd -q -- "$dir" 2>/dev/null
    return 0
  fi
  dir=$gone
  while [[ -n $dir && ! -d $dir ]]; do dir=${dir%/*}; done
  builtin cd -q -- "${dir:-/}" 2>/dev/null && builtin printf 'coda: %s is gone; now in %s\n' "$gone" "$PWD" >&2
  return 0
}

typeset -ga precmd_functions preexec_functions
precmd_functions+=(__coda_precmd)
preexec_functions+=(__coda_on_preexec)
