using FishCheckpoint.Engine.Ports;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Sqlite;

/// <summary>A transaction whose errors are the catalog's. Disposing rolls back one that was not committed.</summary>
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
