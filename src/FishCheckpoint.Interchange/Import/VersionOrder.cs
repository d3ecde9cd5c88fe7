using FishCheckpoint.Errors;

namespace FishCheckpoint.Interchange.Import;

/// <summary>Sorts versions so that each follows its parent.</summary>
internal static class VersionOrder
{
    /// <summary>Sorts versions: numbers by value; other names by parent, and then by name.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>: two versions have the same name.</exception>
    public static FoundVersion[] Of(IReadOnlyList<FoundVersion> found)
    {
        var taken = new Dictionary<string, FoundVersion>(StringComparer.Ordinal);
        foreach (var version in found)
        {
            if (!taken.TryAdd(VersionName.KeyOf(version.Name), version))
            {
                throw new FishException(
                    ErrorCode.VersionInvalid, version.Key,
                    $"'{taken[VersionName.KeyOf(version.Name)].Key}' is also the version {version.Name}.",
                    "Keep only one of them in the folder.");
            }
        }

        return found.All(version => version.Number is not null) ? [.. found.OrderBy(version => version.Number)] : Chained(found, taken);
    }

    // Versions without a parent in the folder come first; each version directly follows its parent.
    private static FoundVersion[] Chained(IReadOnlyList<FoundVersion> found, Dictionary<string, FoundVersion> byName)
    {
        var children = found.Where(version => BaseOf(version, byName) is not null).ToLookup(version => BaseOf(version, byName)!);
        var (ordered, seen) = (new List<FoundVersion>(), new HashSet<FoundVersion>(ReferenceEqualityComparer.Instance));
        var waiting = new Stack<FoundVersion>(Sorted(found.Where(version => BaseOf(version, byName) is null)).Reverse());
        while (waiting.TryPop(out var version))
        {
            ordered.Add(version);
            seen.Add(version);
            foreach (var child in Sorted(children[version]).Reverse())
            {
                waiting.Push(child);
            }
        }

        // A cycle has no start: importing its first version reports that.
        return [.. ordered, .. Sorted(found.Where(version => !seen.Contains(version)))];
    }

    private static FoundVersion? BaseOf(FoundVersion version, Dictionary<string, FoundVersion> byName) =>
        version.Base is { } name ? byName.GetValueOrDefault(VersionName.KeyOf(name)) : null;

    private static IEnumerable<FoundVersion> Sorted(IEnumerable<FoundVersion> versions) =>
        versions.OrderBy(version => version.Number ?? long.MaxValue).ThenBy(version => version.Name, StringComparer.Ordinal);
}
