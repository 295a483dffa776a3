# bash completion for policyd-spf, printed by policyd-spf --completion bash
_policyd_spf() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=
    # readline splits --flag=value into three words
    if [[ $cur == = ]]; then
        cur=
    elif [[ $prev == = ]]; then
        prev=${COMP_WORDS[COMP_CWORD-2]}
    fi
    case $prev in
    --ip|--helo|--sender|--recipient|--domain|--from|--to|--client|--queue-id|--origin|--dns|--own|--since|--until) return ;;
    --completion) words='bash zsh fish' ;;
    --color) words='auto always never' ;;
    *) if [[ $cur == -* ]]; then words='--explain --check-config --show-config --probe --report --completion --version --help --ip --helo --sender --recipient --domain --compare --changed-since --log --from --to --client --queue-id --exit-code --json --html --prometheus --output --brief --color --zone --origin --zone-fallback --dns --config --what-if --list --own --since --until --recheck'; fi ;;
    esac
    COMPREPLY=()
    local reply
    while IFS= read -r reply; do
        COMPREPLY+=("$reply")
    done < <(if [[ -n $words ]]; then compgen -W "$words" -- "$cur"; else compgen -f -- "$cur"; fi)
    if [[ -z $words ]]; then
        compopt -o filenames 2>/dev/null
    fi
}
complete -F _policyd_spf policyd-spf
