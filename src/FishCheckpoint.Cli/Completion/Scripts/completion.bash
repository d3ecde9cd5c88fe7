# bash completion for fishckpt, the command line of FishCheckpoint.
_fishcheckpoint_complete() {
  local line=${COMP_LINE:0:COMP_POINT} program=${COMP_WORDS[0]} word skip candidate
  program=${program/#\~\//$HOME/}
  word=${line##*[[:space:]]}
  # Bash takes ':' and '=' for ends of words: only what follows them is put in.
  skip=${word%"${COMP_WORDS[COMP_CWORD]}"}
  [[ $word == *[:=] ]] && skip=$word
  COMPREPLY=()
  while IFS=$'\t' read -r candidate _; do
    [[ -n $candidate && $candidate == "$word"* ]] && COMPREPLY+=("${candidate#"$skip"}")
  done < <("$program" "[suggest:${#line}]" "$line" 2>/dev/null </dev/null)
}
complete -o default -F _fishcheckpoint_complete fishckpt
