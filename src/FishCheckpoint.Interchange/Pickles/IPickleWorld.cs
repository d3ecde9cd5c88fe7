namespace FishCheckpoint.Interchange.Pickles;

/// <summary>
/// What a pickle can name, and what comes of it. A pickle is a program; here it can name nothing but what a world knows, and none of that
/// is code of the pickle's.
/// </summary>
internal interface IPickleWorld
{
    /// <summary>Finds a name.</summary>
    /// <returns><see langword="null"/> if the world does not know it; the pickle is refused then.</returns>
    object? Find(string module, string name);

    /// <summary>Makes something of a name and arguments.</summary>
    /// <param name="function">What <see cref="Find"/> gave.</param>
    /// <param name="arguments">The arguments, of any kind.</param>
    object? Call(object function, PickleTuple arguments);

    /// <summary>Makes something of a class without a call (NEWOBJ).</summary>
    /// <param name="type">What <see cref="Find"/> gave.</param>
    /// <param name="arguments">The arguments, of any kind.</param>
    object? Create(object type, PickleTuple arguments);

    /// <summary>Gives something a state, after it was made.</summary>
    void Build(object? target, object? state);

    /// <summary>Finds what lies outside of the pickle.</summary>
    object? Persistent(object? id);
}
