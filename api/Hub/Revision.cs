using System.Globalization;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Hub;

/// <summary>What a client names a checkpoint by, read as the store's own words.</summary>
internal static class Revision
{
    /// <summary>The branch that clients ask for where nothing else is said: the latest checkpoint.</summary>
    public const string Main = "main";

    private const string StepPrefix = "step-";

    /// <summary>The revision of a step.</summary>
    public static string OfStep(long step) => string.Create(CultureInfo.InvariantCulture, $"{StepPrefix}{step}");

    /// <summary>Whether a tag can be asked for: it is no other revision's name.</summary>
    public static bool CanBeTag(string tag) => tag != Main && !IsStep(tag) && !CommitId.TryParse(tag, out _);

    /// <summary>Reads <c>main</c>, <c>latest</c>, <c>best</c>, <c>step-N</c>, a step, or a tag.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.CheckpointNotFound"/>: nothing can have this name.</exception>
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

    /// <summary>Nothing has this name.</summary>
    public static FishException Missing(string revision, Exception? inner = null) => new(
        ErrorCode.CheckpointNotFound, revision, "The task has no such revision.",
        "Ask for main, latest, best, step-N, a tag, or a commit of /api/models/{task}/refs.", inner);

    private static bool IsStep(string revision) =>
        revision.StartsWith(StepPrefix, StringComparison.Ordinal) && revision.Length > StepPrefix.Length
            && revision[StepPrefix.Length..].All(char.IsAsciiDigit);
}
