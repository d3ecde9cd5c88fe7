using FishCheckpoint.Api.Settings;
using FishCheckpoint.Engine.Telemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace FishCheckpoint.Api.Telemetry;

/// <summary>Adds metrics and traces by the settings.</summary>
internal static class TelemetryServices
{
    private const string MetricsRoute = "/metrics";

    // Exports and metrics requests are not traced: they would only trace themselves.
    private static readonly string[] Unremarkable = [MetricsRoute, "/healthz", "/readyz"];

    public static void AddFishTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        var settings = FishSettings.Of(configuration).Telemetry;
        services.AddSingleton<FishMetrics>();
        var telemetry = services.AddOpenTelemetry().ConfigureResource(resource => resource.AddService(
            settings.ServiceName, serviceVersion: typeof(TelemetryServices).Assembly.GetName().Version?.ToString()));
        if (settings.Metrics)
        {
            services.AddHostedService<StoreGauges>();
            telemetry.WithMetrics(metrics => metrics
                .AddMeter(FishMetrics.MeterName, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
                .AddPrometheusExporter());
        }

        if (settings.TracesTo is { } collector)
        {
            telemetry.WithTracing(traces => traces
                .AddSource(StoreTraces.SourceName)
                .AddAspNetCoreInstrumentation(
                    options => options.Filter = context => !Unremarkable.Contains(context.Request.Path.Value, StringComparer.Ordinal))
                .AddOtlpExporter(exporter => exporter.Endpoint = collector));
        }
    }

    /// <summary>Adds the route of the metrics.</summary>
    /// <returns>The route; <see langword="null"/> if the settings disable metrics.</returns>
    public static IEndpointConventionBuilder? MapMetrics(this IEndpointRouteBuilder routes) =>
        routes.ServiceProvider.GetRequiredService<FishSettings>().Telemetry.Metrics
            ? routes.MapPrometheusScrapingEndpoint(MetricsRoute).WithSummary("Return metrics as Prometheus text").WithMetadata(
                new HttpMethodMetadata([HttpMethods.Get]))
            : null;
}
