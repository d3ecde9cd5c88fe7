using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Questions about bases, their names and files.</summary>
internal interface IBaseRows
{
    /// <summary>Refuses a name that other content has.</summary>
    void RequireName(string name, Digest id);

    /// <summary>The bases that no task is on, the largest first.</summary>
    IReadOnlyList<UnusedBase> Unused(int most);

    bool Exists(Digest id);

    /// <summary>The id of a base by its name or its id in hexadecimal.</summary>
    Digest Resolve(string nameOrId);

    /// <summary>As above; <see langword="null"/> where there is no such base.</summary>
    Digest? Find(string nameOrId);

    BaseInfo Info(Digest id, string? name);

    Page<BaseInfo> List(PageRequest page);

    string NameOf(Digest id);

    /// <summary>The names of a base's files.</summary>
    List<(Digest Base, string Name)> FilesOf(Digest id);

    /// <summary>The files whose bytes on disk were never noted.</summary>
    List<(Digest Base, string Name)> Unmeasured();

    /// <summary>Headers and checksums of a base.</summary>
    BaseContent Content(Digest id);
}

/// <summary>Changes bases, their names and files.</summary>
internal interface IBaseChanges : IBaseRows
{
    /// <summary>Stores a base whose files are in place when this is committed, or gives it a further name.</summary>
    /// <returns>Whether the name is new.</returns>
    bool Insert(string name, BaseContent content, DateTimeOffset now);

    /// <summary>Removes a name, and with the last one the base.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.BaseNotFound"/>, <see cref="ErrorCode.BaseInUse"/>.</exception>
    RemovedBase Remove(string name);

    /// <summary>Notes the key that a base was added with.</summary>
    void SetAddedBy(Digest id, string key);

    /// <summary>Notes the bytes that a file takes on disk.</summary>
    void SetStored(Digest id, string file, long bytes);
}
