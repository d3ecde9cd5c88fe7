using System.Text.RegularExpressions;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>The rule for names of bases, tasks and tags. Names are keys, never paths.</summary>
public static partial class Names
{
    /// <summary>The rule as a regular expression.</summary>
    public const string Pattern = "[A-Za-z0-9][A-Za-z0-9._-]{0,127}";

    /// <summary>Whether this is a name of a base or task.</summary>
    public static bool IsValid(string name) => Rule().IsMatch(name);

    /// <summary>Checks the name of a base or task.</summary>
    /// <param name="name">The name.</param>
    /// <param name="what">What it names, for the error.</param>
    /// <returns>The name.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.NameInvalid"/>.</exception>
    public static string Check(string name, string what) => name is not null && Rule().IsMatch(name)
        ? name : throw new FishException(ErrorCode.NameInvalid, Shown(name ?? what), $"This is no name for a {what}.",
            $"Names match {Pattern}.");

    /// <summary>Checks a tag: a name that is not a number and none of the words that step references use.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.NameInvalid"/>.</exception>
    public static string CheckTag(string tag) => StepRef.IsReserved(Check(tag, "tag"))
        ? throw new FishException(ErrorCode.NameInvalid, tag, "A tag is not a number, nor one of latest, best, base, previous, auto.",
            "Choose another tag.")
        : tag;

    /// <summary>Checks the name of a file of a model: one path segment, not hidden.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.NameInvalid"/>.</exception>
    public static string CheckFile(string name) => FilePaths.IsSegment(name)
        ? name : throw new FishException(
            ErrorCode.NameInvalid, Shown(name), "This is no name for a file of a model.", $"File names match {FilePaths.SegmentPattern}.");

    /// <summary>Checks the path of a file of a model, relative to the model's folder: a few such segments, divided by <c>/</c>.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.NameInvalid"/>.</exception>
    public static string CheckFilePath(string path) => FilePaths.IsValid(path)
        ? path : throw new FishException(
            ErrorCode.NameInvalid, Shown(path), "This is no name for a file of a model.",
            $"File names match {FilePaths.SegmentPattern}, with at most {FilePaths.MaxSegments - 1} folders before them, divided by '/'.");

    private static string Shown(string name) => name.Length <= 80 ? name : $"{name[..77]}...";

    [GeneratedRegex($"^{Pattern}\\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Rule();
}
