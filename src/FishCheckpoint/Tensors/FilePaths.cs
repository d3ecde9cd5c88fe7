using System.Text.RegularExpressions;

namespace FishCheckpoint.Tensors;

/// <summary>
/// The rule for paths of a model's files: relative, a few segments separated by <c>/</c>, none starting with a dot. Equal on every system.
/// </summary>
internal static partial class FilePaths
{
    /// <summary>The rule for one segment, as a regular expression.</summary>
    public const string SegmentPattern = "[A-Za-z0-9_][A-Za-z0-9._-]{0,127}";

    /// <summary>The most segments in a path.</summary>
    public const int MaxSegments = 8;

    /// <summary>The longest path, in characters.</summary>
    public const int MaxLength = 512;

    /// <summary>Whether a name is one valid segment: a file without a folder.</summary>
    public static bool IsSegment(string name) => Segment().IsMatch(name);

    /// <summary>Whether a path is valid for a model's file.</summary>
    public static bool IsValid(string path) =>
        path.Length <= MaxLength && path.Split('/', MaxSegments + 1) is { Length: <= MaxSegments } segments
            && Array.TrueForAll(segments, IsSegment);

    [GeneratedRegex($"^{SegmentPattern}\\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Segment();
}
