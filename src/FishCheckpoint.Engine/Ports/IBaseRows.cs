using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Reads bases, their names and files.</summary>
internal interface IBaseRows
{
    /// <summary>Throws if another content has the name.</summary>
    void RequireName(string name, Digest id);

    /// <summary>The bases without tasks, largest first.</summary>
    IReadOnlyList<UnusedBase> Unused(int most);

    bool Exists(Digest id);

    /// <summary>The id of the base with a name or a hexadecimal id.</summary>
    Digest Resolve(string nameOrId);

    /// <summary>Like <see cref="Resolve"/>, but <see langword="null"/> if there is no such base.</summary>
    Digest? Find(string nameOrId);

    BaseInfo Info(Digest id, string? name);

    Page<BaseInfo> List(PageRequest page);

    string NameOf(Digest id);

    /// <summary>The names of a base's files.</summary>
    List<(Digest Base, string Name)> FilesOf(Digest id);

    /// <summary>The files whose size on disk was never recorded.</summary>
    List<(Digest Base, string Name)> Unmeasured();

    /// <summary>Headers and checksums of a base.</summary>
    BaseContent Content(Digest id);
}

/// <summary>Changes bases, their names and files.</summary>
internal interface IBaseChanges : IBaseRows
{
    /// <summary>Stores a base whose files are in place once the transaction commits, or adds a name to it.</summary>
    /// <returns>Whether the name is new.</returns>
    bool Insert(string name, BaseContent content, DateTimeOffset now);

    /// <summary>Removes a name, and the base with its last name.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.BaseNotFound"/>, <see cref="ErrorCode.BaseInUse"/>.</exception>
    RemovedBase Remove(string name);

    /// <summary>Records the key that added a base.</summary>
    void SetAddedBy(Digest id, string key);

    /// <summary>Records the bytes of a file on disk.</summary>
    void SetStored(Digest id, string file, long bytes);
}
