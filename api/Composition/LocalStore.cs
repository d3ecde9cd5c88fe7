using FishCheckpoint.Access;
using FishCheckpoint.Api.Access;
using FishCheckpoint.Api.Settings;
using FishCheckpoint.Codec;
using FishCheckpoint.Extensions.DependencyInjection;
using FishCheckpoint.Storage;

namespace FishCheckpoint.Api.Composition;

/// <summary>
/// Chooses the store of a server: SQLite and local files. All other code of the server works with any <see cref="Engine.CheckpointStore"/>.
/// </summary>
public static class LocalStore
{
    /// <summary>Creates a store's options from the settings.</summary>
    public static StoreOptions ToStoreOptions(this FishSettings settings) => new()
    {
        DataFolder = Path.GetFullPath(settings.DataFolder),
        Codec = new CodecOptions(
            settings.Compression.Positions, settings.Compression.Values, settings.Compression.Level)
        {
            Effort = settings.Compression.Effort,
        },
        Bases = settings.Compression.Bases,
        Retention = settings.Retention.ToRetention(),
        DeletionGrace = settings.DeletionGrace,
        MinFreeBytes = settings.Limits.MinFreeBytes,
        MaxHeaderBytes = settings.Limits.MaxHeaderBytes,
        MaxUploadBytes = settings.Limits.MaxUploadBytes,
        MaxTrainerStateBytes = settings.Limits.MaxStateBytes,
        MaxReadCost = settings.Chains.MaxReadCost,
        MaxChainDepth = settings.Limits.MaxChainDepth,
        Audit = new AuditOptions
        {
            KeepEntries = settings.Audit.KeepEntries, KeepRefusals = settings.Audit.KeepRefusals, KeepFor = settings.Audit.KeepFor,
        },
    };

    /// <summary>Registers the store of the settings' data folder. Its audit log names the request's caller.</summary>
    internal static void AddLocalStore(this IServiceCollection services) => services.AddFishCheckpoint(provider =>
    {
        var requests = provider.GetRequiredService<IHttpContextAccessor>();
        return provider.GetRequiredService<FishSettings>().ToStoreOptions() with
        {
            Caller = () => RequestCallers.CallerOf(requests.HttpContext),
        };
    });
}
