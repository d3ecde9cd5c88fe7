using FishCheckpoint.Engine.Ports;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Sqlite;

/// <summary>A transaction with errors of the catalog. Disposing rolls back an uncommitted one.</summary>
internal sealed class SqliteCatalogTransaction(SqliteTransaction transaction) : IDisposable
{
    /// <summary>Commits.</summary>
    /// <exception cref="CatalogException">Nothing is committed.</exception>
    public void Commit() => SqliteCatalogConnection.Guarded(transaction, static transaction =>
    {
        transaction.Commit();
        return true;
    });

    public void Dispose() => SqliteCatalogConnection.Guarded(transaction, static transaction =>
    {
        transaction.Dispose();
        return true;
    });
}
