using FishCheckpoint.Access;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Reads keys.</summary>
internal interface IKeyRows
{
    Page<KeyInfo> List(PageRequest page);

    /// <summary>A key and the hash of its token.</summary>
    Tuple<KeyInfo, byte[]>? WithHash(string id);

    /// <summary>Whether any key was ever made.</summary>
    bool Any();

    /// <summary>Whether any key is valid now.</summary>
    bool AnyUsable(DateTimeOffset now);
}

/// <summary>Changes keys.</summary>
internal interface IKeyChanges : IKeyRows
{
    /// <summary>Makes a key.</summary>
    KeyInfo Insert(KeySpec spec, string id, Digest hash, DateTimeOffset now);

    /// <summary>Revokes a key.</summary>
    KeyInfo Revoke(string nameOrId, DateTimeOffset now);
}
