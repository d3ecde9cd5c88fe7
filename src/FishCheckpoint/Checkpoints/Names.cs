using System.Text.RegularExpressions;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>The rule for names of bases, tasks and tags. Names are keys, never paths.</summary>
public static partial class Names
{
    /// <summary>The rule as a regular expression.</summary>
    public const string Pattern = "[A-Za-z0-9][A-Za-z0-9._-]{0,127}";

    /// <summary>Whether this is a valid name for a base or task.</summary>
    public static bool IsValid(string name) => Rule().IsMatch(name);

    /// <summary>Checks the name of a base or task.</summary>
    /// <param name="name">The name.</param>
    /// <param name="what">The kind of object, for the error.</param>
    /// <returns>The name.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.NameInvalid"/>.</exception>
    public static string Check(string name, string what) => name is not null && Rule().IsMatch(name)
        ? name : throw new FishException(ErrorCode.NameInvalid, Shown(name ?? what), $"The {what} name is invalid.",
            $"Names match {Pattern}.");

    /// <summary>Checks a tag: a name that is not a number and not a reserved word of step references.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.NameInvalid"/>.</exception>
    public static string CheckTag(string tag) => StepRef.IsReserved(Check(tag, "tag"))
        ? throw new FishException(ErrorCode.NameInvalid, tag, "A tag cannot be a number or one of latest, best, base, previous, auto.",
            "Choose another tag.")
        : tag;

    /// <summary>Checks a file name of a model: one path segment that does not start with a dot.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.NameInvalid"/>.</exception>
    public static string CheckFile(string name) => FilePaths.IsSegment(name)
        ? name : throw new FishException(
            ErrorCode.NameInvalid, Shown(name), "The file name is invalid.", $"File names match {FilePaths.SegmentPattern}.");

    /// <summary>Checks a file path of a model, relative to the model's folder: a few segments, separated by <c>/</c>.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.NameInvalid"/>.</exception>
    public static string CheckFilePath(string path) => FilePaths.IsValid(path)
        ? path : throw new FishException(
            ErrorCode.NameInvalid, Shown(path), "The file path is invalid.",
            $"File names match {FilePaths.SegmentPattern}, after at most {FilePaths.MaxSegments - 1} folders, separated by '/'.");

    private static string Shown(string name) => name.Length <= 80 ? name : $"{name[..77]}...";

    [GeneratedRegex($"^{Pattern}\\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Rule();
}
