using FishCheckpoint.Errors;

namespace FishCheckpoint.Cli.Hosting;

/// <summary>The exit codes, and the one mapping of errors to them.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;
    public const int Unexpected = 1;
    public const int Usage = 2;

    /// <summary>Every code and its meaning, as the help lists them.</summary>
    public static IReadOnlyList<(int Code, string Meaning)> All { get; } =
    [
        (Ok, "success"),
        (Unexpected, "unexpected error"),
        (Usage, "invalid command line"),
        (Of(ErrorKind.Invalid), "invalid input: a name, a header, positions, frames"),
        (Of(ErrorKind.NotFound), "not found: a data folder, base, task, checkpoint, tag or file"),
        (Of(ErrorKind.Conflict), "conflict: other content has that name or step"),
        (Of(ErrorKind.Mismatch), "mismatch: the content does not fit its base, layout or digest"),
        (Of(ErrorKind.TooLarge), "too large"),
        (Of(ErrorKind.Corrupt), "stored bytes are damaged"),
        (Of(ErrorKind.Unavailable), "unavailable: the server, the data folder or a library"),
        (Of(ErrorKind.Forbidden), "no access: the key is missing, unknown or has too small a scope, or the store is read only"),
        (Of(ErrorKind.Full), "no space: the disk or a quota is full"),
        (Canceled, "canceled"),
    ];

    public const int Canceled = 130;

    public static int Of(ErrorKind kind) => kind switch
    {
        ErrorKind.Invalid or ErrorKind.Range or ErrorKind.MediaType => 3,
        ErrorKind.NotFound => 4,
        ErrorKind.Conflict => 5,
        ErrorKind.Mismatch => 6,
        ErrorKind.TooLarge => 7,
        ErrorKind.Corrupt => 8,
        ErrorKind.Unavailable or ErrorKind.Busy => 9,
        ErrorKind.Unauthenticated or ErrorKind.Forbidden => 10,
        ErrorKind.Full => 11,
        _ => Unexpected,
    };
}
