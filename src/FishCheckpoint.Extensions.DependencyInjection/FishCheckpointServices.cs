using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Storage;
using FishCheckpoint.Stores;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace FishCheckpoint.Extensions.DependencyInjection;

/// <summary>
/// Registers one store as <see cref="IFishStore"/>, and each of its parts as a separate service. The container disposes the store.
/// </summary>
public static class FishCheckpointServices
{
    /// <summary>Registers the embedded store of a data folder. It opens when the host starts; without a host, on first use.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options.</param>
    /// <returns>The services.</returns>
    /// <remarks>
    /// Invalid options throw <see cref="OptionsValidationException"/> when the host starts. A store that cannot open throws
    /// <see cref="Errors.FishException"/> there too.
    /// </remarks>
    public static IServiceCollection AddFishCheckpoint(this IServiceCollection services, Action<FishCheckpointOptions> configure)
    {
        AddEmbedded(services).Configure(configure);
        return services;
    }

    /// <inheritdoc cref="AddFishCheckpoint(IServiceCollection, Action{FishCheckpointOptions})"/>
    /// <param name="services">The services.</param>
    /// <param name="section">The configuration section with the options.</param>
    public static IServiceCollection AddFishCheckpoint(this IServiceCollection services, IConfiguration section)
    {
        AddEmbedded(services).Bind(section);
        return services;
    }

    /// <inheritdoc cref="AddFishCheckpoint(IServiceCollection, Action{FishCheckpointOptions})"/>
    /// <param name="services">The services.</param>
    /// <param name="options">Creates all options of the store from other services.</param>
    public static IServiceCollection AddFishCheckpoint(this IServiceCollection services, Func<IServiceProvider, StoreOptions> options)
    {
        services.AddSingleton(options);
        services.AddSingleton<EngineOptions>(provider => provider.GetRequiredService<StoreOptions>());
        services.AddSingleton<StoreOpening>();
        services.AddHostedService(provider => provider.GetRequiredService<StoreOpening>());
        AddStore(services, provider => provider.GetRequiredService<StoreOpening>().Store);
        return services;
    }

    /// <summary>Registers a client for a server as the store. It sends no request before the first call.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options.</param>
    /// <returns>The services.</returns>
    /// <remarks>
    /// The client has its own connections, renewed every five minutes, so it needs no HTTP client factory. Invalid options throw
    /// <see cref="OptionsValidationException"/> when the host starts.
    /// </remarks>
    public static IServiceCollection AddFishCheckpointClient(
        this IServiceCollection services, Action<FishCheckpointClientOptions> configure)
    {
        AddClient(services).Configure(configure);
        return services;
    }

    /// <inheritdoc cref="AddFishCheckpointClient(IServiceCollection, Action{FishCheckpointClientOptions})"/>
    /// <param name="services">The services.</param>
    /// <param name="section">The configuration section with the options.</param>
    public static IServiceCollection AddFishCheckpointClient(this IServiceCollection services, IConfiguration section)
    {
        AddClient(services).Bind(section);
        return services;
    }

    /// <summary>Adds a health check of the store: unhealthy if it cannot be read, degraded while known damage is unrepaired.</summary>
    /// <param name="checks">The health checks.</param>
    /// <param name="name">The check's name. Default: <c>fishcheckpoint</c>.</param>
    /// <param name="tags">The check's tags. Default: none.</param>
    /// <returns>The health checks.</returns>
    public static IHealthChecksBuilder AddFishCheckpoint(
        this IHealthChecksBuilder checks, string name = "fishcheckpoint", IEnumerable<string>? tags = null) =>
        checks.AddCheck<StoreHealth>(name, HealthStatus.Unhealthy, tags ?? []);

    private static OptionsBuilder<FishCheckpointOptions> AddEmbedded(IServiceCollection services)
    {
        services.AddFishCheckpoint(provider => provider.GetRequiredService<IOptions<FishCheckpointOptions>>().Value.ToStoreOptions());
        return services.AddOptions<FishCheckpointOptions>().ValidateOnStart()
            .Validate(options => !string.IsNullOrWhiteSpace(options.DataFolder), "DataFolder is empty: give the folder of the store.")
            .Validate(options => options.DeletionGrace >= TimeSpan.Zero, "DeletionGrace is negative: give 0 for none, or more.")
            .Validate(
                options => options.MaxReadCost >= 1 && double.IsFinite(options.MaxReadCost), "MaxReadCost is below 1: give 1 or more.");
    }

    private static OptionsBuilder<FishCheckpointClientOptions> AddClient(IServiceCollection services)
    {
        AddStore(services, provider => provider.GetRequiredService<IOptions<FishCheckpointClientOptions>>().Value.Connect());
        return services.AddOptions<FishCheckpointClientOptions>().ValidateOnStart()
            .Validate(
                options => options.Server is { IsAbsoluteUri: true, Scheme: "http" or "https" },
                "Server is not an address: give one like http://127.0.0.1:5080.");
    }

    private static void AddStore(IServiceCollection services, Func<IServiceProvider, IFishStore> open)
    {
        services.AddSingleton(open);
        AddPart(services, store => store.Bases);
        AddPart(services, store => store.Tasks);
        AddPart(services, store => store.Checkpoints);
        AddPart(services, store => store.States);
        AddPart(services, store => store.Reports);
        AddPart(services, store => store.Maintenance);
        AddPart(services, store => store.Events);
        AddPart(services, store => store.Access);
    }

    private static void AddPart<T>(IServiceCollection services, Func<IFishStore, T> part)
        where T : class => services.AddSingleton(provider => part(provider.GetRequiredService<IFishStore>()));
}
