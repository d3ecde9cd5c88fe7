using System.Numerics;

namespace FishCheckpoint.Interchange.Pickles;

/// <summary>A tuple of a pickle. Other values are null, <see cref="bool"/>, <see cref="long"/>, <see cref="BigInteger"/>,
/// <see cref="double"/>, <see cref="string"/>, byte arrays, the containers below, and what an <see cref="IPickleWorld"/> makes.</summary>
internal sealed record PickleTuple(object?[] Items);

/// <summary>A list of a pickle, or a set: what it holds, in order.</summary>
internal sealed class PickleList
{
    public List<object?> Items { get; } = [];
}

/// <summary>
/// An object beside the tensors that is left unread: its class or function was not imported, nothing of it was run, and what it was filled
/// with is dropped.
/// </summary>
/// <param name="Name">The name of its class or of the function that makes it.</param>
internal sealed record UnreadObject(string Name);

/// <summary>A map of a pickle, in the order that it was filled in.</summary>
internal sealed class PickleMap(string key)
{
    private readonly Dictionary<object, int> places = [];
    private readonly List<(object? Key, object? Value)> entries = [];

    public IReadOnlyList<(object? Key, object? Value)> Entries => entries;

    /// <summary>
    /// Whether it has entries whose keys are neither texts nor numbers: these were dropped, and the map is none of a model's.
    /// </summary>
    public bool HasUnread { get; private set; }

    /// <summary>Adds an entry.</summary>
    /// <exception cref="Errors.FishException">The key stands twice.</exception>
    public void Add(object? name, object? value)
    {
        if (name is not (string or long or bool or double or BigInteger))
        {
            HasUnread = true;
            return;
        }

        if (!places.TryAdd(name, entries.Count))
        {
            throw PickleErrors.Invalid(key, $"The key {PickleErrors.Quote(name.ToString()!)} stands twice in a map.");
        }

        entries.Add((name, value));
    }

    /// <summary>Finds the value of a text.</summary>
    public bool TryGet(string name, out object? value)
    {
        var found = places.TryGetValue(name, out var place);
        value = found ? entries[place].Value : null;
        return found;
    }
}
