using FishCheckpoint.Access;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Access;
using Xunit;

namespace FishCheckpoint.Storage.Tests.Access;

/// <summary>A store whose clock and caller the test sets.</summary>
public abstract class AccessFixture : StoreFixture, IAsyncLifetime
{
    internal SettableTime Clock { get; } = new();

    internal Caller Caller { get; set; } = new("test");

    protected StoreAccess Access => Store.Access;

    protected AuditOptions Audit { get; set; } = new();

    async ValueTask IAsyncLifetime.InitializeAsync()
    {
        await InitializeAsync();
        await ReopenAsync();
    }

    protected Task ReopenAsync() => ReopenAsync(Options with { Time = Clock, Caller = () => Caller, Audit = Audit });

    protected async Task<NewKey> AddKeyAsync(
        string name, KeyScope scope = KeyScope.Write, long? quota = null, DateTimeOffset? expires = null) =>
        await Access.AddKeyAsync(new KeySpec(name, scope, null, expires, quota), Stop);

    protected async Task<long> StoredByAsync(string name) =>
        (await Access.ListKeysAsync(new PageRequest(), Stop).ReadPageAsync()).Items.Single(key => key.Name == name).StoredBytes;

    protected void CallAs(NewKey key) => Caller = new Caller(key.Key.Name, key.Key.Id);

    protected async Task<IReadOnlyList<AuditEntry>> AuditAsync(string? task = null) =>
        (await Access.ListAuditAsync(new PageRequest(1000), task, null, Stop).ReadPageAsync()).Items;
}

/// <summary>A clock that stands.</summary>
internal sealed class SettableTime : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2040, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;
}
