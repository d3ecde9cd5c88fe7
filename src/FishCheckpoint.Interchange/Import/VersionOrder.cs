using FishCheckpoint.Errors;

namespace FishCheckpoint.Interchange.Import;

/// <summary>Brings versions into an order in which each stands after the one that it is laid on.</summary>
internal static class VersionOrder
{
    /// <summary>Orders versions: numbers by size; other names by what they are laid on, and then by name.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>: two versions have one name.</exception>
    public static FoundVersion[] Of(IReadOnlyList<FoundVersion> found)
    {
        var taken = new Dictionary<string, FoundVersion>(StringComparer.Ordinal);
        foreach (var version in found)
        {
            if (!taken.TryAdd(VersionName.KeyOf(version.Name), version))
            {
                throw new FishException(
                    ErrorCode.VersionInvalid, version.Key,
                    $"'{taken[VersionName.KeyOf(version.Name)].Key}' is the version {version.Name} too.",
                    "Leave one of them in the folder.");
            }
        }

        return found.All(version => version.Number is not null) ? [.. found.OrderBy(version => version.Number)] : Chained(found, taken);
    }

    // What is laid on nothing that is here comes first, and what is laid on something right after it.
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

        // A circle stands on nothing: importing the first of it says so.
        return [.. ordered, .. Sorted(found.Where(version => !seen.Contains(version)))];
    }

    private static FoundVersion? BaseOf(FoundVersion version, Dictionary<string, FoundVersion> byName) =>
        version.Base is { } name ? byName.GetValueOrDefault(VersionName.KeyOf(name)) : null;

    private static IEnumerable<FoundVersion> Sorted(IEnumerable<FoundVersion> versions) =>
        versions.OrderBy(version => version.Number ?? long.MaxValue).ThenBy(version => version.Name, StringComparer.Ordinal);
}
