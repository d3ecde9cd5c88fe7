using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>Headers of models whose layout differs from their task's.</summary>
internal sealed class HeaderTable(CatalogConnection connection) : IHeaderChanges
{
    public List<Digest> Ids() => connection.Query("SELECT id FROM headers", row => row.Digest(0));

    public byte[] Data(Digest id) =>
        connection.Scalar<byte[]>("SELECT data FROM headers WHERE id = $0", id);

    public ModelFiles Files(Digest id) => HeaderSet.Read(Data(id));

    public void DeleteUnused(Digest? id) => connection.Execute(
        "DELETE FROM headers WHERE id = $0 AND NOT EXISTS (SELECT 1 FROM checkpoints WHERE headers = $0)", id);

    public void Insert(Digest id, byte[] data) =>
        connection.Execute("INSERT INTO headers (id, data) VALUES ($0, $1) ON CONFLICT DO NOTHING", id, data);
}
