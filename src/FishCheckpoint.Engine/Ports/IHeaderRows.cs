using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Reads headers of models whose layout differs from their task's.</summary>
internal interface IHeaderRows
{
    /// <summary>The ids of all headers.</summary>
    List<Digest> Ids();

    /// <summary>The bytes of one header.</summary>
    byte[] Data(Digest id);

    /// <summary>The files of a model, from its headers.</summary>
    ModelFiles Files(Digest id);
}

/// <summary>Changes headers of models whose layout differs from their task's.</summary>
internal interface IHeaderChanges : IHeaderRows
{
    /// <summary>Deletes headers without checkpoints.</summary>
    void DeleteUnused(Digest? id);

    /// <summary>Stores headers under their digest, unless they are stored.</summary>
    void Insert(Digest id, byte[] data);
}
