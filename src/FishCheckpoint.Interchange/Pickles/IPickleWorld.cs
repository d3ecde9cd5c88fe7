namespace FishCheckpoint.Interchange.Pickles;

/// <summary>
/// The names and objects that a pickle may use. A pickle is a program; here it can only use names that its world knows, and none of them
/// runs code of the pickle.
/// </summary>
internal interface IPickleWorld
{
    /// <summary>Finds a name.</summary>
    /// <returns><see langword="null"/> if the world does not know it; the pickle is then refused.</returns>
    object? Find(string module, string name);

    /// <summary>Creates an object from a name and arguments.</summary>
    /// <param name="function">The result of <see cref="Find"/>.</param>
    /// <param name="arguments">The arguments, of any kind.</param>
    object? Call(object function, PickleTuple arguments);

    /// <summary>Creates an object of a class without a call (NEWOBJ).</summary>
    /// <param name="type">The result of <see cref="Find"/>.</param>
    /// <param name="arguments">The arguments, of any kind.</param>
    object? Create(object type, PickleTuple arguments);

    /// <summary>Sets the state of an object after its creation.</summary>
    void Build(object? target, object? state);

    /// <summary>Finds an object outside the pickle.</summary>
    object? Persistent(object? id);
}
