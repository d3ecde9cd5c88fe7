using System.CommandLine;
using System.Globalization;
using FishCheckpoint.Api.Settings;
using FishCheckpoint.Cli.Hosting.Suggestions;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Client;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Cli.Hosting;

/// <summary>What every command uses: the terminal, the settings, and the options of every command.</summary>
internal sealed class Shell(Terminal terminal, FishSettings settings)
{
    public Terminal Terminal => terminal;

    public FishSettings Settings => settings;

    /// <summary>
    /// How long completion waits for names of the store. Default: the environment's FISH_COMPLETION_SECONDS, else 2 seconds.
    /// </summary>
    public TimeSpan SuggestPatience { get; init; } = TimeSpan.FromSeconds(
        double.TryParse(Environment.GetEnvironmentVariable("FISH_COMPLETION_SECONDS"), CultureInfo.InvariantCulture, out var seconds)
            && seconds is > 0 and < 600
            ? seconds : 2);

    /// <summary>Reads a variable of the environment.</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>The data folder to work on.</summary>
    public Option<string?> Data { get; } = new("--data")
    {
        Description = "The data folder to work on. Default: FISH_DATA, else FishCheckpoint:DataFolder of appsettings.json.",
        HelpName = "DIR", Recursive = true,
    };

    /// <summary>The server to work on instead of a data folder.</summary>
    public Option<Uri?> Server { get; } = new("--server")
    {
        Description = "The server to work on instead of a data folder: http://HOST:PORT. Default: FISH_SERVER.", HelpName = "URL",
        Recursive = true,
        CustomParser = ServerAddress.Parse,
    };

    /// <summary>The key for the server.</summary>
    public Option<string?> Key { get; } = new("--key")
    {
        Description = "The key for the server. Default: FISH_KEY, which other users of this machine cannot see.",
        HelpName = "TOKEN", Recursive = true,
    };

    /// <summary>The certificates that the server's certificate is checked against.</summary>
    public Option<string?> Ca { get; } = new("--ca")
    {
        Description =
            "A PEM file with the certificate authority, or with the server's own certificate. Default: FISH_CA, else the system's.",
            HelpName = "FILE",
        Recursive = true,
    };

    /// <summary>Whether the result is JSON.</summary>
    public Option<bool> Json { get; } = new("--json")
    {
        Description = "Print only the result, as JSON, on standard output.", Recursive = true,
    };

    /// <summary>Whether long work shows no progress.</summary>
    public Option<bool> NoProgress { get; } = new("--no-progress", "--quiet", "-q")
    {
        Description = "Show no progress. It appears only if standard error is a terminal.", Recursive = true,
    };

    /// <summary>The data folder of a call: the option's, else the environment's, else the settings'.</summary>
    public string DataFolderOf(ParseResult parsed) => Path.GetFullPath(parsed.GetValue(Data) ?? Named("FISH_DATA") ?? settings.DataFolder);

    /// <summary>The server of a call: the option's, else the environment's, unless a data folder is given.</summary>
    /// <param name="parsed">The call.</param>
    /// <returns><see langword="null"/>: the call works on a data folder.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: FISH_SERVER is not a URL, or FISH_DATA is
    /// set too.</exception>
    public Uri? ServerOf(ParseResult parsed)
    {
        if (parsed.GetValue(Server) is { } given)
        {
            return given;
        }

        if (IsGiven(parsed, Data) || Named("FISH_SERVER") is not { } named)
        {
            return null;
        }

        if (Named("FISH_DATA") is not null)
        {
            throw new FishException(
                ErrorCode.RequestInvalid, "FISH_SERVER",
                "FISH_SERVER and FISH_DATA are both set: a command works on a server or on a data folder.",
                "Unset one of them, or give --server or --data, which override both.");
        }

        return ServerAddress.TryParse(named) ?? throw new FishException(
            ErrorCode.RequestInvalid, "FISH_SERVER", $"'{named}' is not the URL of a server.",
            "Set a URL like http://127.0.0.1:5080, or unset the variable.");
    }

    /// <summary>Whether the command line has an option.</summary>
    public static bool IsGiven(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    /// <summary>How a call connects to its server.</summary>
    public FishClientOptions ClientOptionsOf(ParseResult parsed) => new()
    {
        Key = parsed.GetValue(Key) ?? Named("FISH_KEY"), CertificateAuthorities = parsed.GetValue(Ca) ?? Named("FISH_CA"),
    };

    /// <summary>Runs a command on the store that the options name.</summary>
    /// <param name="command">The command.</param>
    /// <param name="run">Does the work and returns the exit code.</param>
    /// <param name="spoolFolder">The folder for temporary files of a server's answers. Default: the system's temporary folder.</param>
    /// <param name="creates">Whether the command creates a store in a data folder without one; otherwise it is refused.</param>
    public void OnStore(
        Command command, Func<Call, CancellationToken, Task<int>> run, Func<ParseResult, string>? spoolFolder = null,
        bool creates = false) =>
        command.SetAction(async (parsed, cancellation) =>
    {
        await using var store = await OpenedStore.OpenAsync(this, parsed, spoolFolder?.Invoke(parsed), creates, cancellation);
        try
        {
            return await run(new Call(parsed, terminal, store, parsed.GetValue(Json)), cancellation);
        }
        catch (FishException error)
        {
            throw await NearNames.AddAsync(error, store.Store, cancellation);
        }
    });

    /// <summary>As above, for commands whose only failures are errors.</summary>
    public void OnStore(Command command, Func<Call, CancellationToken, Task> run, bool creates = false) => OnStore(
        command,
        async (call, cancellation) =>
        {
            await run(call, cancellation);
            return ExitCodes.Ok;
        },
        creates: creates);

    private string? Named(string variable) => Variable(variable) is { Length: > 0 } value ? value : null;
}
