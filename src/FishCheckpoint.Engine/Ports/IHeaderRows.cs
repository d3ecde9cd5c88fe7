using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Questions about headers of models that a trainer laid out otherwise than their task.</summary>
internal interface IHeaderRows
{
    /// <summary>The identities of all.</summary>
    List<Digest> Ids();

    /// <summary>The bytes of one.</summary>
    byte[] Data(Digest id);

    /// <summary>The files of a model by its headers.</summary>
    ModelFiles Files(Digest id);
}

/// <summary>Changes headers of models that a trainer laid out otherwise than their task.</summary>
internal interface IHeaderChanges : IHeaderRows
{
    /// <summary>Deletes headers that no checkpoint has.</summary>
    void DeleteUnused(Digest? id);

    /// <summary>Stores headers under their digest, unless they are there.</summary>
    void Insert(Digest id, byte[] data);
}
