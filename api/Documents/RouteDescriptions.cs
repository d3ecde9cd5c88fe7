using FishCheckpoint.Api.Errors;
using Microsoft.AspNetCore.Mvc;
using Microsoft.OpenApi;

namespace FishCheckpoint.Api.Documents;

/// <summary>Descriptions of routes in the OpenAPI document beyond their types.</summary>
internal static class RouteDescriptions
{
    /// <summary>The route accepts a body of bytes with one of these media types.</summary>
    public static RouteHandlerBuilder TakesBody(this RouteHandlerBuilder route, params string[] mediaTypes) =>
        route.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Content = mediaTypes.ToDictionary(type => type, _ => new OpenApiMediaType { Schema = Binary() }, StringComparer.Ordinal),
            };
            return Task.CompletedTask;
        });

    /// <summary>The route reads an optional header field.</summary>
    public static RouteHandlerBuilder TakesHeader(this RouteHandlerBuilder route, string name, string description) =>
        route.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            operation.Parameters ??= [];
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = name, In = ParameterLocation.Header, Description = description, Schema = new OpenApiSchema
                {
                    Type = JsonSchemaType.String,
                },
            });
            return Task.CompletedTask;
        });

    /// <summary>The route returns bytes with one of these media types.</summary>
    public static RouteHandlerBuilder GivesBytes(this RouteHandlerBuilder route, params string[] mediaTypes) =>
        route.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            operation.Responses ??= [];
            operation.Responses["200"] = new OpenApiResponse
            {
                Description = "The bytes.",
                Content = mediaTypes.ToDictionary(type => type, _ => new OpenApiMediaType { Schema = Binary() }, StringComparer.Ordinal),
            };
            return Task.CompletedTask;
        });

    /// <summary>The route may return problem details with these statuses.</summary>
    public static TBuilder MayFail<TBuilder>(this TBuilder route, params int[] statuses)
        where TBuilder : IEndpointConventionBuilder
    {
        foreach (var status in statuses)
        {
            route.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(FishProblem), [FishProblem.MediaType]));
        }

        return route;
    }

    /// <summary>The route limits its own body: the common limit is for JSON.</summary>
    public static RouteHandlerBuilder TakesUploads(this RouteHandlerBuilder route) =>
        route.WithMetadata(new DisableRequestSizeLimitAttribute());

    private static OpenApiSchema Binary() => new() { Type = JsonSchemaType.String, Format = "binary" };
}
