using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>The rows of headers: those of models that a trainer laid out otherwise than their task.</summary>
internal static class HeaderTable
{
    /// <summary>The identities of all.</summary>
    public static List<Digest> Ids(CatalogConnection connection) => connection.Query("SELECT id FROM headers", row => row.Digest(0));

    /// <summary>The bytes of one.</summary>
    public static byte[] Data(CatalogConnection connection, Digest id) =>
        connection.Scalar<byte[]>("SELECT data FROM headers WHERE id = $0", id);

    /// <summary>The files of a model by its headers.</summary>
    public static ModelFiles Files(CatalogConnection connection, Digest id) => HeaderSet.Read(Data(connection, id));

    /// <summary>Deletes headers that no checkpoint has.</summary>
    public static void DeleteUnused(CatalogConnection connection, Digest? id) => connection.Execute(
        "DELETE FROM headers WHERE id = $0 AND NOT EXISTS (SELECT 1 FROM checkpoints WHERE headers = $0)", id);

    /// <summary>Stores headers under their digest, unless they are there.</summary>
    public static void Insert(CatalogConnection connection, Digest id, byte[] data) =>
        connection.Execute("INSERT INTO headers (id, data) VALUES ($0, $1) ON CONFLICT DO NOTHING", id, data);
}
