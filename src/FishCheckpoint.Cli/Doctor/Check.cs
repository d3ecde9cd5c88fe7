using System.Text.Json.Serialization;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Cli.Doctor;

/// <summary>What a check found.</summary>
/// <param name="Name">What was checked; a stable name.</param>
/// <param name="Status"><c>ok</c>, <c>warn</c> or <c>fail</c>.</param>
/// <param name="Found">What was found, as a sentence or a value.</param>
/// <param name="Advice">What to do; <see langword="null"/> if nothing needs to be done.</param>
internal sealed record Check(string Name, string Status, string Found, string? Advice)
{
    public const string IsOk = "ok";
    public const string IsWarn = "warn";
    public const string IsFail = "fail";

    /// <summary>The kind of error that a failure is; it decides the exit code.</summary>
    [JsonIgnore]
    public ErrorKind Kind { get; init; } = ErrorKind.Unavailable;

    public static Check Ok(string name, string found, string? advice = null) => new(name, IsOk, found, advice);

    public static Check Warn(string name, string found, string advice) => new(name, IsWarn, found, advice);

    public static Check Fail(string name, string found, string advice, ErrorKind kind = ErrorKind.Unavailable) =>
        new(name, IsFail, found, advice)
    {
        Kind = kind,
    };

    /// <summary>Runs checks. An exception becomes a failed check.</summary>
    public static IEnumerable<Check> Guarded(string name, Func<IEnumerable<Check>> run)
    {
        try
        {
            return [.. run()];
        }
        catch (FishException error)
        {
            return [Fail(name, error.Cause, error.Hint, error.Kind)];
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            return [Fail(name, error.Message, "Check the path and its permissions.")];
        }
    }
}
