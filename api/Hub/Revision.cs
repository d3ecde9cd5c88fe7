using System.Globalization;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Hub;

/// <summary>A client's name of a checkpoint, in the store's words.</summary>
internal static class Revision
{
    /// <summary>The default branch of clients: the latest checkpoint.</summary>
    public const string Main = "main";

    private const string StepPrefix = "step-";

    /// <summary>The revision of a step.</summary>
    public static string OfStep(long step) => string.Create(CultureInfo.InvariantCulture, $"{StepPrefix}{step}");

    /// <summary>Whether a tag can be requested: it must not be another revision's name.</summary>
    public static bool CanBeTag(string tag) => tag != Main && !IsStep(tag) && !CommitId.TryParse(tag, out _);

    /// <summary>Reads <c>main</c>, <c>latest</c>, <c>best</c>, <c>step-N</c>, a step, or a tag.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.CheckpointNotFound"/>: the name is invalid.</exception>
    public static StepRef Parse(string revision)
    {
        try
        {
            return revision == Main ? StepRef.Latest : StepRef.Parse(IsStep(revision) ? revision[StepPrefix.Length..] : revision);
        }
        catch (FishException error) when (error.Kind == ErrorKind.Invalid)
        {
            throw Missing(error.Key, error);
        }
    }

    /// <summary>The error for an unknown revision.</summary>
    public static FishException Missing(string revision, Exception? inner = null) => new(
        ErrorCode.CheckpointNotFound, revision, "The task does not have this revision.",
        "Use main, latest, best, step-N, a tag, or a commit of /api/models/{task}/refs.", inner);

    private static bool IsStep(string revision) =>
        revision.StartsWith(StepPrefix, StringComparison.Ordinal) && revision.Length > StepPrefix.Length
            && revision[StepPrefix.Length..].All(char.IsAsciiDigit);
}
