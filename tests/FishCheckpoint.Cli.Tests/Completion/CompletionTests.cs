using System.Net;
using System.Net.Sockets;
using System.Text;
using FishCheckpoint.Cli.Tests.Commands;
using FishCheckpoint.Cli.Tests.Processes;
using FishCheckpoint.Storage;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Completion;

public sealed class CompletionTests : CommandTest
{
    private static readonly (string Line, string Expected)[] Lines =
    [
        ("fish sa", "save"),
        ("fishckpt base ", "add ls rm"),
        ("/opt/x/fishckpt base a", "add"),
        ("fishckpt report --by ", "day month week"),
        ("fishckpt report --by=w", "--by=week"),
        ("fishckpt report --growt", "--growth"),
        ("fishckpt completion ", "bash fish zsh"),
        ("fishckpt ls ", "other task"),
        ("fishckpt ls t", "task"),
        ("fishckpt gc --task ", "other task"),
        ("fishckpt load task ", "20 10 release latest best"),
        ("fishckpt load task r", "release"),
        ("fishckpt load other ", "latest best"),
        ("fishckpt diff task ", "20 10 release latest best base"),
        ("fishckpt diff task base 1", "10"),
        ("fishckpt diff task other:l", "other:latest"),
        ("fishckpt tag task ", "release"),
        ("fishckpt task add new --base ", "base"),
        ("fishckpt report --base b", "base"),
        ("fishckpt export slime out --task task --from 1", "10"),
        ("fishckpt save task ", ""),
        ("fishckpt load task 10 ", ""),
        ("fishckpt nonsense ", ""),
        ("fishckpt", ""),
        ("", ""),
        ("fishckpt load 'task", "task"),
        ("fishckpt ls -- ", "other task"),
    ];

    // One store for all lines: making it takes longer than asking it.
    [Fact]
    public async Task Suggest_OfALine_GivesWhatCanFollow()
    {
        await PrepareStoreAsync();
        foreach (var (line, expected) in Lines)
        {
            var given = await SuggestAsync(line.Replace("fishckpt ", $"fishckpt --data {Data} ", StringComparison.Ordinal));
            Assert.Equal($"{line}: {expected}", $"{line}: {string.Join(' ', given)}");
        }
    }

    [Fact]
    public async Task Suggest_OfAServer_AsksIt()
    {
        await PrepareStoreAsync();
        var address = await ServerAsync();
        Assert.Equal(["other", "task"], await SuggestAsync($"fishckpt ls --server {address} "));
        Assert.Equal(["20", "10", "release", "latest", "best"], await SuggestAsync($"fishckpt load task --server {address} "));
    }

    [Theory]
    [InlineData("--server http://127.0.0.1:1")]
    [InlineData("--server nonsense")]
    [InlineData("--data /nonexistent/folder")]
    [InlineData("--data /dev/null")]
    public async Task Suggest_OfWhatCannotBeAsked_IsSilent(string where) => Assert.Empty(await SuggestAsync($"fishckpt ls {where} "));

    [Fact]
    public async Task Suggest_OfAHostileServer_PutsNothingIntoALineThatIsNoName()
    {
        await PrepareAsync();
        var task = (await FishAsync("task", "ls", "--json")).Output.Trim()[1..^1];
        var listed = string.Join(',',
            new[] { "$(touch x)", "a;b", "a\\u001b[2J", "fine" }.Select(name =>
            task.Replace("\"name\":\"task\"", $"\"name\":\"{name}\"", StringComparison.Ordinal)));
        using var listener = new HttpListener();
        var address = FreeAddress();
        listener.Prefixes.Add(address);
        listener.Start();
        var answering = Task.Run(
            async () =>
            {
                var context = await listener.GetContextAsync();
                context.Response.ContentType = "application/json";
                await using var body = context.Response.OutputStream;
                await body.WriteAsync(Encoding.UTF8.GetBytes($"{{\"items\":[{listed}],\"next\":null}}"), Stop);
            },
            Stop);
        Assert.Equal(["fine"], await SuggestAsync($"fishckpt ls --server {address} "));
        await answering.WaitAsync(TimeSpan.FromSeconds(30), Stop);
    }

    [Fact]
    public async Task Suggest_LeavesNoTrace()
    {
        Assert.Empty(await SuggestAsync($"fishckpt ls --data {Data} "));
        Assert.False(Directory.Exists(Data));
        await PrepareStoreAsync();
        var before = Files();
        Assert.NotEmpty(await SuggestAsync($"fishckpt ls --data {Data} "));
        Assert.Equal(before, Files());

        await using (await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = Data }, Stop))
        {
            before = Files();
            Assert.Equal(["other", "task"], await SuggestAsync($"fishckpt ls --data {Data} "));
            Assert.Equal(before, Files());
        }

        await File.WriteAllTextAsync(Path.Combine(Data, "fish.db"), "this is no database", Stop);
        Assert.Empty(await SuggestAsync($"fishckpt ls --data {Data} "));
    }

    [Fact]
    public async Task Bash_PressingTab_Completes()
    {
        Assert.SkipUnless(RealProgram.Has("bash"), "bash is not installed");
        await PrepareStoreAsync();
        const string Harness = """
            PATH=$1:$PATH; eval "$(fishckpt completion bash)"
            complete -p fishckpt >&2
            shift
            for COMP_LINE; do
            COMP_POINT=${#COMP_LINE}; COMP_TYPE=9
            # As readline splits it: at spaces, and around ':' and '='.
            read -ra COMP_WORDS <<< "$(sed -E 's/[:=]/ & /g' <<< "$COMP_LINE")"
            [[ $COMP_LINE == *' ' ]] && COMP_WORDS+=('')
            COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
            _fishcheckpoint_complete fishckpt "${COMP_WORDS[COMP_CWORD]}"
            printf '%s\n' "${COMPREPLY[@]}" | LC_ALL=C sort | tr '\n' ' '; echo
            done
            """;
        (string Line, string Expected)[] lines =
        [
            ("fishckpt --data DATA sa", "save"),
            ("fishckpt --data DATA load task ", "10 20 best latest release"),
            ("fishckpt --data DATA diff task other:la", "latest"),
            ("fishckpt --data DATA report --by=w", "week"),
            ("fishckpt --data DATA load task 1", "10"),
        ];
        var ran = await RealProgram.RunAsync(
            "bash", ["-c", Harness, "bash", AppContext.BaseDirectory,
                .. lines.Select(line => line.Line.Replace("DATA", Data, StringComparison.Ordinal))]);
        Assert.Contains("-F _fishcheckpoint_complete fishckpt", ran.Error, StringComparison.Ordinal);
        Assert.Equal(lines.Select(line => line.Expected),
            ran.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Trim()));
    }

    [Fact]
    public async Task FishShell_PressingTab_Completes()
    {
        var shell = new[] { "/usr/bin/fish", "/usr/local/bin/fish" }.FirstOrDefault(File.Exists);
        Assert.SkipUnless(shell is not null, "the fish shell is not installed");
        await PrepareStoreAsync();
        var ran = await RealProgram.RunAsync(
            shell!,
            [
                "--no-config", "-c", "set -x PATH $argv[1] $PATH; source (command fishckpt completion fish | psub); "
                    + "for line in $argv[2..-1]; complete -C $line; echo; end",
                AppContext.BaseDirectory, $"fishckpt --data {Data} sa", $"fishckpt --data {Data} load task ",
                    $"fishckpt --data {Data} diff task other:la",
            ],
            new(StringComparer.Ordinal) { ["HOME"] = Folder, ["TERM"] = "dumb" });
        var given = ran.Output.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
            .Select(block => string.Join(' ',
                block.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(found => found.Split('\t')[0])
                .Order(StringComparer.Ordinal)));
        Assert.Equal(["save", "10 20 best latest release", "other:latest"], given);
    }

    [Fact]
    public async Task Zsh_PressingTab_Completes()
    {
        Assert.SkipUnless(RealProgram.Has("zsh") && RealProgram.Has("script"), "zsh or script is not installed");
        await PrepareStoreAsync();

        // Completion widgets run only in an interactive shell: one in a pseudo terminal of its own, by zsh's zpty.
        const string Harness = """
            zmodload zsh/zpty
            zpty -b shell zsh -f -i
            zpty -w shell "PATH=$1:\$PATH PS1= HOME=$3; autoload -U compinit && compinit -u -d $3/dump"
            zpty -w shell "eval \"\$(fishckpt completion zsh)\"; unsetopt zle_bracketed_paste"
            zpty -w shell "zstyle ':completion:*' list-colors ''; echo RE''ADY"
            typeset text= chunk=
            for i in {1..200}; do zpty -rt shell chunk && text+=$chunk || sleep 0.05; [[ $text == *READY* ]] && break; done
            zpty -wn shell "$2"$'\t'
            text=
            for i in {1..200}; do zpty -rt shell chunk && text+=$chunk || sleep 0.05; [[ $text == *"$4"* ]] && break; done
            print -r -- "$text"
            zpty -d shell
            """;
        foreach (var (line, expected) in new[] { ("fishckpt --data DATA load task rel", "load task release"),
            ("fishckpt --data DATA veri", "verify"), ("fishckpt --data DATA diff task other:la", "other:latest") })
        {
            var ran = await RealProgram.RunAsync(
                "zsh", ["-f", "-c", Harness, "zsh", AppContext.BaseDirectory, line.Replace("DATA", Data, StringComparison.Ordinal), Folder,
                    expected],
                new(StringComparer.Ordinal) { ["TERM"] = "dumb" });
            Assert.Contains(expected, ran.Output, StringComparison.Ordinal);
        }
    }

    private async Task PrepareStoreAsync()
    {
        await PrepareAsync();
        (await FishAsync("tag", "task", "release", "10")).Succeeded();
        (await FishAsync("task", "add", "other", "--base", "base")).Succeeded();
    }

    private static string FreeAddress()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return $"http://{socket.LocalEndpoint}/";
    }

    private static async Task<IReadOnlyList<string>> SuggestAsync(string line)
    {
        var ran = await RunAsync($"[suggest:{line.Length}]", line);
        Assert.Equal((0, string.Empty), (ran.Exit, ran.Error));
        return [.. ran.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(candidate => candidate.Split('\t')[0])];
    }

    private (string, long, DateTime)[] Files() =>
        [.. new DirectoryInfo(Data).EnumerateFiles("*", SearchOption.AllDirectories).OrderBy(file => file.FullName, StringComparer.Ordinal)
            .Select(file => (file.FullName, file.Length, file.LastWriteTimeUtc))];
}
