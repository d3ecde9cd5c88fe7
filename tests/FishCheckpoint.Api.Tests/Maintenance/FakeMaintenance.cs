using FishCheckpoint.Checkpoints;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Api.Tests.Maintenance;

/// <summary>Does only what a test says.</summary>
internal abstract class FakeMaintenance : IMaintenance
{
    public virtual Task<RecodeResult> RecodeAsync(RecodeOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public virtual Task<VerifyReport> VerifyAsync(VerifyOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task<FoldResult> FoldAsync(FoldOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task<CollectResult> CollectAsync(CollectOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task<VerifyResult> VerifyCheckpointAsync(string task, StepRef step, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task<IReadOnlyList<KnownDamage>> ListDamageAsync(CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task<BackupReport> BackupAsync(BackupOptions options, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();
}
