# fish completion for readdress(1): asks the completion for bash, which asks the
# program.

function __readdress_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l offered (bash -c '. /usr/share/bash-completion/completions/readdress
        _readdress_words "$@"' bash $words 2>/dev/null)
    if test "$offered" = FILES
        __fish_complete_path (commandline -ct)
    else
        string join \n -- $offered
    end
end

complete -c readdress -f -a '(__readdress_complete)'
