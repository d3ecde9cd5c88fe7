# Completion in the fish shell for fishckpt, the command line of FishCheckpoint.
function __fishcheckpoint_complete
    set -l words (commandline -opc)
    set -l line (string join ' ' -- $words)' '(commandline -ct)
    set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
    set -l lines ($program "[suggest:"(string length -- $line)"]" $line 2>/dev/null </dev/null)
    if test (count $lines) -eq 0
        __fish_complete_path (commandline -ct)
    else
        printf '%s\n' $lines
    end
end
complete -c fishckpt -e
complete -c fishckpt -f -k -a '(__fishcheckpoint_complete)'
