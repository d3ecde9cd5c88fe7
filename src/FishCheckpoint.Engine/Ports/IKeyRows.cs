using FishCheckpoint.Access;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Questions about keys.</summary>
internal interface IKeyRows
{
    Page<KeyInfo> List(PageRequest page);

    /// <summary>A key and the hash of its token.</summary>
    Tuple<KeyInfo, byte[]>? WithHash(string id);

    /// <summary>Whether a key was ever made.</summary>
    bool Any();

    /// <summary>Whether there is a key that is taken now.</summary>
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
