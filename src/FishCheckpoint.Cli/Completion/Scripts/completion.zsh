#compdef fishckpt
# zsh completion for fishckpt, the command line of FishCheckpoint.
_fishcheckpoint() {
  local line program
  local -a lines described
  line="${(j: :)words[1,CURRENT-1]} ${words[CURRENT]}"
  program="${words[1]/#\~\//$HOME/}"
  lines=("${(@f)$("$program" "[suggest:${#line}]" "$line" 2>/dev/null </dev/null)}")
  lines=(${lines:#})
  if (( ! $#lines )); then
    _files
    return
  fi
  # A colon sets what a candidate is apart from what it is called, so one in a name is escaped.
  described=(${${lines//:/\\:}/$'\t'/:})
  _describe -V 'fishckpt' described
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _fishcheckpoint "$@"
else
  compdef _fishcheckpoint fishckpt
fi
