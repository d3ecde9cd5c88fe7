using System.Text.RegularExpressions;

namespace FishCheckpoint.Tensors;

/// <summary>
/// The rule for names of a model's files: a relative path of a few segments divided by <c>/</c>, none of them hidden or a step upwards. The
/// same on every system.
/// </summary>
internal static partial class FilePaths
{
    /// <summary>The rule for one segment, as a regular expression.</summary>
    public const string SegmentPattern = "[A-Za-z0-9_][A-Za-z0-9._-]{0,127}";

    /// <summary>The most segments of a path.</summary>
    public const int MaxSegments = 8;

    /// <summary>The longest path, in characters.</summary>
    public const int MaxLength = 512;

    /// <summary>Whether this is one segment: the name of a file without a folder.</summary>
    public static bool IsSegment(string name) => Segment().IsMatch(name);

    /// <summary>Whether this is the path of a model's file.</summary>
    public static bool IsValid(string path) =>
        path.Length <= MaxLength && path.Split('/', MaxSegments + 1) is { Length: <= MaxSegments } segments
            && Array.TrueForAll(segments, IsSegment);

    [GeneratedRegex($"^{SegmentPattern}\\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Segment();
}
