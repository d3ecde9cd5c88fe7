using System.Globalization;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Tensors;

/// <summary>The weights files of one model by their names: one file, or the shards of a numbered set.</summary>
/// <param name="Name">The name of its first file.</param>
/// <param name="Files">Its files, sorted by name.</param>
internal sealed record WeightsSet(WeightsName Name, IReadOnlyList<WeightsName> Files)
{
    private const int MaxNamed = 3;

    /// <summary>Groups files into sets.</summary>
    public static IReadOnlyList<WeightsSet> Group(IEnumerable<WeightsName> files) =>
    [
        .. files.GroupBy(file => (file.Stem, file.Variant, file.Of))
            .Select(set => set.OrderBy(file => file.File, StringComparer.Ordinal).ToArray())
            .Select(set => new WeightsSet(set[0], set)).OrderBy(set => set.Name.File, StringComparer.Ordinal),
    ];

    /// <summary>Its name in messages: its file, or its first file with the number of shards.</summary>
    public string Label => Name.Of == 0 ? Name.File
        : $"{Name.File} ({Files.Count.ToString(CultureInfo.InvariantCulture)} of {Name.Of} shards)";

    /// <summary>Throws if a shard of a numbered set is missing or appears twice.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.ShardIndexInvalid"/>.</exception>
    public void RequireWhole()
    {
        if (Name.Of == 0)
        {
            return;
        }

        // Most writers count from 1, some from 0.
        var parts = new HashSet<int>();
        if (Files.FirstOrDefault(file => !parts.Add(file.Part)) is { } repeated)
        {
            throw new FishException(
                ErrorCode.ShardIndexInvalid, repeated.File, $"Shard {repeated.Part} of {repeated.Of} appears twice.",
                "Keep only the files of one model.");
        }

        var first = parts.Contains(0) ? 0 : 1;
        var missing = new List<int>();
        for (var part = first; part < Name.Of + first && missing.Count < MaxNamed; part++)
        {
            if (!parts.Contains(part))
            {
                missing.Add(part);
            }
        }

        if (missing.Count > 0 || parts.Count != Name.Of)
        {
            var key = missing.Count > 0 ? NameOfPart(missing[0]) : Name.File;
            throw new FishException(
                ErrorCode.ShardIndexInvalid, key,
                missing.Count == 0 ? $"The file names announce {Name.Of} shards, but there are {parts.Count}."
                    : $"{Name.Of - parts.Count} of the model's {Name.Of} shards {(Name.Of - parts.Count == 1 ? "is" : "are")} missing: "
                    + $"{string.Join(", ", missing.Select(NameOfPart))}{(Name.Of - parts.Count > missing.Count ? ", ..." : "")}.",
                "Copy or download the missing files; incomplete models are refused.");
        }
    }

    // With as many digits as the other shards.
    private string NameOfPart(int part)
    {
        var number = Name.Part.ToString(CultureInfo.InvariantCulture);
        var at = Name.File.LastIndexOf("-of-", StringComparison.Ordinal);
        var begin = Name.File.LastIndexOf('-', at - 1) + 1;
        var width = Math.Max(at - begin, number.Length);
        return $"{Name.File[..begin]}{part.ToString(CultureInfo.InvariantCulture).PadLeft(width, '0')}{Name.File[at..]}";
    }
}
