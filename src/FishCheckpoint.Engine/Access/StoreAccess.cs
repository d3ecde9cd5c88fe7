using FishCheckpoint.Access;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Engine.Access;

/// <summary>The keys, quotas and audit log of a store. The store disposes it.</summary>
public sealed class StoreAccess : IAccessControl, IDisposable
{
    private readonly ICatalog catalog;
    private readonly EngineOptions options;
    private readonly AuditWriter audit;
    private readonly KeyReader keys;

    internal StoreAccess(ICatalog catalog, EngineOptions options)
    {
        (this.catalog, this.options, audit) = (catalog, options, new AuditWriter(options));
        keys = new KeyReader(catalog);
    }

    private DateTimeOffset Now => options.Time.GetUtcNow();

    /// <inheritdoc/>
    public Task<NewKey> AddKeyAsync(KeySpec spec, CancellationToken cancellationToken = default) => WriteAsync(
        writer =>
        {
            spec.Validate(Now);
            var (id, token, hash) = KeyToken.Create();
            var key = writer.Keys.Insert(spec, id, hash, Now);
            audit.Note(writer, "key.add", null, $"key {key.Name} ({key.Id})", AuditWriter.Created);
            return new NewKey(key, token);
        },
        cancellationToken);

    /// <inheritdoc/>
    public AsyncPageable<KeyInfo> ListKeysAsync(PageRequest? page = null, CancellationToken cancellationToken = default) =>
        new((part, _) => ReadAsync(view => view.Keys.List(part.Validate())), page, cancellationToken);

    /// <inheritdoc/>
    public Task<KeyInfo> RevokeKeyAsync(string nameOrId, CancellationToken cancellationToken = default) => WriteAsync(
        writer =>
        {
            var key = writer.Keys.Revoke(Names.Check(nameOrId, "key"), Now);
            audit.Note(writer, "key.revoke", null, $"key {key.Name} ({key.Id})", AuditWriter.Deleted);
            return key;
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<TaskInfo> SetQuotaAsync(string task, TaskQuota quota, CancellationToken cancellationToken = default) => WriteAsync(
        writer =>
        {
            var id = writer.Tasks.IdOf(Names.Check(task, "task"));
            if (quota.Bytes < 0)
            {
                throw new FishException(
                    ErrorCode.RequestInvalid, "bytes", $"The quota of {quota.Bytes} bytes is negative.",
                    "Set 0 or more, or omit it for no limit.");
            }

            writer.Tasks.SetQuota(id, quota.Bytes);
            audit.Note(writer, "task.quota", task, task, AuditWriter.Changed, quota.Bytes);
            return writer.Tasks.Info(task);
        },
        cancellationToken);

    /// <inheritdoc/>
    public AsyncPageable<AuditEntry> ListAuditAsync(
        PageRequest? page = null, string? task = null, DateTimeOffset? since = null, CancellationToken cancellationToken = default) =>
        new(
            (part, _) => ReadAsync(
                view => view.Audit.List(part.Validate(), task is null ? null : Names.Check(task, "task"), since)),
            page, cancellationToken);

    /// <summary>
    /// Records refused requests in the audit log. Equal refusals of one day, key and address share an entry with a count.
    /// </summary>
    /// <param name="refusals">The refusals, each with its caller, its method and route, its error code and its count. Their numbers are
    /// ignored.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    public Task NoteRefusalsAsync(IReadOnlyList<AuditEntry> refusals, CancellationToken cancellationToken = default) => WriteAsync(
        writer =>
        {
            foreach (var refusal in refusals)
            {
                audit.NoteRefusal(writer, refusal with { Last = refusal.Last ?? refusal.Time });
            }

            return true;
        },
        cancellationToken);

    /// <summary>Finds the key of a token. Changes by other processes count at once.</summary>
    /// <param name="token">The token as sent.</param>
    /// <returns><see langword="null"/> if no valid key has this token.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.StorageUnavailable"/>.</exception>
    public KeyInfo? Authenticate(string token) => Guarded(() => keys.Authenticate(token, Now));

    /// <summary>Whether a key was ever made, valid or not.</summary>
    public bool HasKeys() => Guarded(keys.HasAny);

    /// <summary>Whether a valid key exists.</summary>
    public bool HasUsableKeys() => Guarded(() =>
    {
        using var snapshot = catalog.OpenSnapshot();
        return snapshot.View.Keys.AnyUsable(Now);
    });

    /// <summary>Whether a key that is limited to tasks may read a base, because one of its tasks is based on it.</summary>
    /// <param name="key">The key.</param>
    /// <param name="nameOrId">The base's name or id.</param>
    public Task<bool> ReachesBaseAsync(KeyInfo key, string nameOrId) => ReadAsync(view =>
        view.Bases.Find(nameOrId) is { } id
            && view.Tasks.NamesOnBase(id).Exists(key.Reaches));

    /// <inheritdoc/>
    public void Dispose() => keys.Dispose();

    private static T Guarded<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (CatalogException error)
        {
            throw error.Refusal;
        }
    }

    private Task<T> ReadAsync<T>(Func<ICatalogView, T> work) => Task.Run(() => Guarded(() =>
    {
        using var snapshot = catalog.OpenSnapshot();
        return work(snapshot.View);
    }));

    private Task<T> WriteAsync<T>(Func<ICatalogWriter, T> work, CancellationToken cancellationToken) =>
        Task.Run(() => catalog.WriteAsync(work, cancellationToken), cancellationToken);
}
