using System.Numerics;

namespace FishCheckpoint.Interchange.Pickles;

/// <summary>
/// A tuple of a pickle. Other values are null, {bool}, {long}, <see cref="BigInteger"/>, {double}, {string}, byte arrays, the containers
/// below, and objects of an <see cref="IPickleWorld"/>.
/// </summary>
internal sealed record PickleTuple(object?[] Items);

/// <summary>A list or set of a pickle, in order.</summary>
internal sealed class PickleList
{
    public List<object?> Items { get; } = [];
}

/// <summary>
/// An object beside the tensors that is not read: its class or function is not imported, nothing of it runs, and its content is dropped.
/// </summary>
/// <param name="Name">The name of its class, or of the function that creates it.</param>
internal sealed record UnreadObject(string Name);

/// <summary>A map of a pickle, in insertion order.</summary>
internal sealed class PickleMap(string key)
{
    private readonly Dictionary<object, int> places = [];
    private readonly List<(object? Key, object? Value)> entries = [];

    public IReadOnlyList<(object? Key, object? Value)> Entries => entries;

    /// <summary>Whether it had keys that are neither texts nor numbers: their entries were dropped, and the map is not a model's.</summary>
    public bool HasUnread { get; private set; }

    /// <summary>Adds an entry.</summary>
    /// <exception cref="Errors.FishException">The key occurs twice.</exception>
    public void Add(object? name, object? value)
    {
        if (name is not (string or long or bool or double or BigInteger))
        {
            HasUnread = true;
            return;
        }

        if (!places.TryAdd(name, entries.Count))
        {
            throw PickleErrors.Invalid(key, $"The key {PickleErrors.Quote(name.ToString()!)} occurs twice in a map.");
        }

        entries.Add((name, value));
    }

    /// <summary>Finds the value of a text key.</summary>
    public bool TryGet(string name, out object? value)
    {
        var found = places.TryGetValue(name, out var place);
        value = found ? entries[place].Value : null;
        return found;
    }
}
